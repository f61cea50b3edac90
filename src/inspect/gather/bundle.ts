/** What someone who helps with a fleet needs to see, as files without secrets. */
import { type Json, parseJson } from '../../api/json.ts';
import { DERIVED_FROM, MCS_SERVICE_NAME } from '../../api/labels.ts';
import { serviceKey } from '../../api/meta.ts';
import { RESOURCES, type Resource } from '../../api/resources.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { Member } from '../../fleet/member.ts';
import type { ListOptions } from '../../kube/client/client.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { clustersetReport } from '../clusterset-report.ts';
import { explain } from '../explain/explanation.ts';
import { createScrubber, type Scrubber } from './scrub.ts';
import { summaryPage } from './summary-page.ts';

export interface BundleOptions {
  /** Of this program. */
  readonly version: string;
  /** In ms since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Services with problems that are explained. */
const EXPLAINED = 50;
const REPORTER = 'catamaran.dev/controller';

/** What is read of each member; all but the exporters' own Services and slices, whose counts are in the reports. */
const READ: readonly (readonly [file: string, resource: Resource, options: ListOptions])[] = [
  ['exports', RESOURCES.serviceExports, {}],
  ['imports', RESOURCES.serviceImports, {}],
  ['services', RESOURCES.services, { labelSelector: DERIVED_FROM }],
  ['slices', RESOURCES.endpointSlices, { labelSelector: MCS_SERVICE_NAME }],
  ['events', RESOURCES.events, { fieldSelector: `reportingController=${REPORTER}` }],
];

function asJson(value: unknown): Json {
  return parseJson(JSON.stringify(value ?? null));
}

/** A list that cannot be read is a finding, too. */
async function listed({ client }: Member, resource: Resource, options: ListOptions): Promise<Json> {
  if (!client) return { error: 'the member does not respond' };
  try {
    return asJson((await client.list(resource, options)).items);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { error: messageOf(error) };
  }
}

async function memberFiles(member: Member, scrubber: Scrubber, signal: AbortSignal): Promise<[string, Json][]> {
  return Promise.all(
    READ.map(async ([file, resource, options]): Promise<[string, Json]> => {
      const found = await listed(member, resource, { ...options, signal });
      return [`members/${member.name}/${file}.json`, scrubber.scrub(found)];
    }),
  );
}

/** Text by path, which has at most 92 characters: tar has room for 100. */
export async function gatherBundle(fleet: Fleet, options: BundleOptions): Promise<ReadonlyMap<string, string>> {
  const { version, now, signal } = options;
  const scrubber = createScrubber();
  const report = await clustersetReport(fleet, now, signal);
  const failing = report.services.filter(({ state }) => state !== 'Ready').slice(0, EXPLAINED);
  const explanations = failing.map(async ({ namespace, name }, index): Promise<[string, Json]> => {
    const explanation = await explain(fleet, { key: serviceKey(namespace, name), now, signal });
    return [`explain/${index + 1}.json`, scrubber.scrub(asJson(explanation))];
  });
  const members = await Promise.all(fleet.members.map((member) => memberFiles(member, scrubber, signal)));
  const objects: readonly [string, Json][] = [
    ['status.json', scrubber.scrub(asJson(report))],
    ['fleet.json', scrubber.scrub(asJson(fleet.config))],
    ['version.json', { version }],
    ...(await Promise.all(explanations)),
    ...members.flat(),
  ];
  const page = summaryPage(
    report,
    objects.map(([path]) => path),
    version,
    new Date(now).toISOString(),
  );
  // At last, since only now it is known what may not be quoted.
  const files = objects.map(([path, value]): [string, string] => [path, `${JSON.stringify(value, null, 2)}\n`]);
  return new Map([['index.html', page] as const, ...files].map(([path, text]) => [path, scrubber.clean(text)]));
}
