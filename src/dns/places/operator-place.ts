/** Lists of zones in objects from which an operator writes the Corefile: OpenShift's and that of managed ACK. */
import { isJsonObject, type Json, type JsonObject, metadataOf } from '../../api/json.ts';
import { apiVersion, type Resource } from '../../api/resources.ts';
import type { KubeClient, RawObject } from '../../kube/client/client.ts';
import { readable } from '../../kube/client/readable.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { diff } from '../coredns/diff.ts';
import { isSameZone } from '../coredns/zone-state.ts';
import { claimsOf, withClaim } from './claims.ts';
import type { Planned, ZoneChange } from './place.ts';

export interface OperatorKind {
  readonly resource: Resource;
  readonly name: string;
  /** Field of `spec` with the list. */
  readonly list: string;
  entry(zone: string, forward: string): JsonObject;
  zonesOf(entry: JsonObject): readonly string[];
}

const texts = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

export const OPERATORS: Readonly<Record<'openshift' | 'ack', OperatorKind>> = {
  openshift: {
    resource: { group: 'operator.openshift.io', version: 'v1', plural: 'dnses', kind: 'DNS', namespaced: false },
    name: 'default',
    list: 'servers',
    entry: (zone, forward) => ({
      name: `catamaran-${zone.replaceAll('.', '-')}`.slice(0, 63),
      zones: [zone],
      forwardPlugin: { policy: 'Random', upstreams: [forward] },
    }),
    zonesOf: ({ zones }) => texts(zones),
  },
  ack: {
    resource: {
      group: 'networking.alibabacloud.com',
      version: 'v1beta1',
      plural: 'customdnsconfigs',
      kind: 'CustomDNSConfig',
      namespaced: false,
    },
    name: 'default',
    list: 'zones',
    entry: (zone, forward) => ({ name: zone, forward: { upstreams: [forward] } }),
    zonesOf: ({ name }) => (typeof name === 'string' ? [name] : []),
  },
};

/** @throws CTM_COREFILE if another entry already has the zone. */
export async function operatorPlan(
  client: KubeClient,
  { resource, name, list, entry, zonesOf }: OperatorKind,
  { zone, mode, forward }: ZoneChange,
): Promise<Planned> {
  const found = await readable(client.get<RawObject>(resource, { name }));
  const spec = isJsonObject(found?.spec) ? found.spec : {};
  const entries = (Array.isArray(spec[list]) ? spec[list] : []).filter(isJsonObject);
  const claimed = claimsOf(found?.metadata.annotations).includes(zone);
  const isForZone = (each: JsonObject) => zonesOf(each).every((one) => isSameZone(one, zone));
  const others = entries.filter((each) => !(claimed && isForZone(each)));
  const title = `${resource.kind} ${name}, spec.${list}`;
  if (mode !== undefined && others.some((each) => zonesOf(each).some((one) => isSameZone(one, zone))))
    throw new CatamaranError(
      'CTM_COREFILE',
      `${title}: already has an entry for ${zone} that is not managed by Catamaran`,
    );
  const after = mode !== undefined && forward !== undefined ? [...others, entry(zone, forward)] : others;
  if (JSON.stringify(after) === JSON.stringify(entries)) return { edits: [], notes: [] };
  const annotations = { ...withClaim(found?.metadata.annotations, zone, mode !== undefined) };
  const metadata = { ...(found && metadataOf(found)), name, annotations };
  const written = found
    ? { ...found, metadata, spec: { ...spec, [list]: after } }
    : { apiVersion: apiVersion(resource), kind: resource.kind, metadata, spec: { [list]: after } };
  const lines = diff(textOf(entries), textOf(after));
  return { edits: [{ resource, title, ...(found && { before: found }), after: written, lines }], notes: [] };
}

function textOf(entries: readonly JsonObject[]): string {
  return entries.map((each) => JSON.stringify(each)).join('\n');
}
