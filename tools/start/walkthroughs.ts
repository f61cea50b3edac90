/** Walkthroughs of the documents: objects to apply, and expected results. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ROOT } from '../paths.ts';
import type { Kubectl } from './kubectl.ts';

/** Namespace of ACK's walkthroughs, with import mode Manual. */
export const PROVIDER_NAMESPACE = 'provider-ns';

const EXAMPLES = join(ROOT, 'examples');
const CILIUM = ['serviceexport.yaml', 'mcsapi-example.yaml'];

/** Applies everything in the order of the documents. Idempotent. */
export async function applyWalkthroughs(kubectl: Kubectl): Promise<void> {
  const apply = (context: string, folder: string, files: readonly string[], ...flags: string[]): Promise<string> =>
    kubectl(context, ['apply', ...flags, ...files.flatMap((file) => ['-f', join(EXAMPLES, folder, file)])]);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PROVIDER_NAMESPACE } };
  for (const context of ['cluster1', 'cluster2']) {
    await kubectl(context, ['apply', '-f', '-'], JSON.stringify(namespace));
  }
  await apply('cluster1', 'ack-cli', ['app-meta.yaml', 'serviceexport.yaml']);
  await apply('cluster2', 'ack-cli', ['serviceimport.yaml', 'client.yaml']);
  await apply('cluster1', 'ack-headless', ['mysql.yaml', 'serviceexport.yaml'], '-n', PROVIDER_NAMESPACE);
  await apply('cluster2', 'ack-headless', ['serviceimport.yaml'], '-n', PROVIDER_NAMESPACE);
  await apply('cluster2', 'ack-headless', ['mysqlclient.yaml']);
  for (const context of ['cluster1', 'cluster2']) {
    await apply(context, 'cilium-mcsapi', [`${context}.yaml`, ...CILIUM]);
  }
}

/** An expected Service; `endpoints` is the number of ready ones per source cluster. */
interface Expected {
  readonly context: string;
  readonly namespace: string;
  readonly name: string;
  readonly endpoints: Readonly<Record<string, number>>;
  /** Whether the ServiceImport has addresses; false for headless Services. */
  readonly ips: boolean;
}

const BOTH = { cluster1: 2, cluster2: 2 };
const EXPECTED: readonly Expected[] = [
  { context: 'cluster2', namespace: PROVIDER_NAMESPACE, name: 'service1', endpoints: { cluster1: 2 }, ips: true },
  { context: 'cluster2', namespace: PROVIDER_NAMESPACE, name: 'mysql', endpoints: { cluster1: 2 }, ips: false },
  ...['cluster1', 'cluster2'].flatMap((context) =>
    ['rebel-base', 'rebel-base-mcsapi'].map((name) => ({
      context,
      namespace: 'default',
      name,
      endpoints: BOTH,
      ips: true,
    })),
  ),
];

const serviceImport = z.object({ spec: z.object({ ips: z.array(z.string()).optional() }) });
const slices = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      endpoints: z.array(z.object({ conditions: z.object({ ready: z.boolean().optional() }).optional() })).nullish(),
    }),
  ),
});

/** Waits until everything is in place. @throws an Error with the first missing item. */
export async function waitForWalkthroughs(kubectl: Kubectl, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (const expected of EXPECTED) {
    for (;;) {
      const missing = await missingOf(kubectl, expected);
      if (missing === undefined) break;
      if (Date.now() > end) throw new Error(`after ${timeoutMs / 1000} s, in ${expected.context}: ${missing}`);
      await delay(200, undefined, { signal });
    }
  }
}

async function missingOf(kubectl: Kubectl, expected: Expected): Promise<string | undefined> {
  const { context, namespace, name } = expected;
  const get = (...args: string[]): Promise<string> => kubectl(context, ['-n', namespace, 'get', '-o', 'json', ...args]);
  const found = await get('serviceimports', name, '--ignore-not-found');
  if (found === '') return `ServiceImport ${namespace}/${name} not found`;
  const { ips = [] } = serviceImport.parse(JSON.parse(found)).spec;
  if (expected.ips && ips.length === 0) return `ServiceImport ${namespace}/${name} has no spec.ips`;
  if ((await get('services', `amcs-${name}`, '--ignore-not-found')) === '') {
    return `Service ${namespace}/amcs-${name} not found`;
  }
  const label = `kubernetes.io/service-name=amcs-${name}`;
  const { items } = slices.parse(JSON.parse(await get('endpointslices', '-l', label)));
  for (const [cluster, count] of Object.entries(expected.endpoints)) {
    const ready = items
      .filter(({ metadata }) => metadata.labels['multicluster.kubernetes.io/source-cluster'] === cluster)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false).length;
    if (ready < count)
      return `Service ${namespace}/amcs-${name} has ${ready} of ${count} ready endpoints of ${cluster}`;
  }
  return undefined;
}

const SOURCE = ['-L', 'multicluster.kubernetes.io/source-cluster'] as const;

/** kubectl commands that show the result. */
export const SHOWN: readonly (readonly [context: string, ...args: string[]])[] = [
  ['cluster2', 'get', 'service', '-n', PROVIDER_NAMESPACE],
  ['cluster2', 'get', 'serviceimports', '-n', PROVIDER_NAMESPACE],
  ['cluster2', 'get', 'endpointslices', '-n', PROVIDER_NAMESPACE, ...SOURCE],
  ...['cluster1', 'cluster2'].flatMap((context): [string, ...string[]][] => [
    [context, 'get', 'serviceimports'],
    [context, 'get', 'endpointslices', '-l', 'kubernetes.io/service-name=amcs-rebel-base', ...SOURCE],
  ]),
];
