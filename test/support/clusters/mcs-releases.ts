/**
 * CRDs with the schemas of past releases of mcs-api, and with those that may come: ours, reduced. What each release lacks
 * was compared with the manifests of kubernetes-sigs/mcs-api.
 */
import { CRDS } from '../../../src/api/crd-manifests.ts';
import type { JsonObject } from '../../../src/api/json.ts';

export const MCS_RELEASES = ['0.1', 'cilium', '0.2', '0.4', '0.5.0', 'v1beta1 only'] as const;
/** `cilium` is the commit that the tutorial of Cilium installs, from 2024. */
export type McsRelease = (typeof MCS_RELEASES)[number];

/** Fields of a kind to remove, as paths of properties; `*` is the item of a list. */
const TRAFFIC = ['spec.ipFamilies', 'spec.internalTrafficPolicy', 'spec.trafficDistribution', 'status.conditions'];
const PRESENCE = 'status.endpointSliceObjects';
const LACKS: Readonly<
  Record<McsRelease, { readonly imports: readonly string[]; readonly exports: readonly string[] }>
> = {
  '0.1': { imports: [...TRAFFIC, PRESENCE], exports: ['spec', 'status.conditions.*.observedGeneration'] },
  cilium: { imports: [...TRAFFIC, PRESENCE], exports: ['spec'] },
  '0.2': { imports: [...TRAFFIC, PRESENCE], exports: [] },
  '0.4': { imports: [PRESENCE], exports: [] },
  '0.5.0': { imports: [PRESENCE], exports: [] },
  'v1beta1 only': { imports: [], exports: [] },
};
/** Releases whose imports have at most one address, and whose ports have a default protocol. */
const ONE_ADDRESS: readonly McsRelease[] = ['0.1', 'cilium'];
const DEFAULT_PROTOCOL: readonly McsRelease[] = ['cilium', '0.2'];

interface Node {
  properties?: Record<string, Node>;
  items?: Node;
  maxItems?: number;
  default?: string;
}

function at(schema: Node, path: readonly string[]): Node {
  const [first, ...rest] = path;
  if (first === undefined) return schema;
  const next = first === '*' ? schema.items : schema.properties?.[first];
  if (!next) throw new Error(`no field ${path.join('.')}`);
  return at(next, rest);
}

function drop(schema: Node, field: string): void {
  const path = field.split('.');
  delete at(schema, path.slice(0, -1)).properties?.[path.at(-1) ?? ''];
}

interface MutableVersion {
  name: string;
  storage: boolean;
  schema: { openAPIV3Schema: Node };
}

/** The two CRDs of a release, which serves v1alpha1 alone before 0.5. */
export function crdsOf(release: McsRelease): JsonObject[] {
  return CRDS.map((crd) => {
    const copy = JSON.parse(JSON.stringify(crd)) as JsonObject & { spec: { versions: MutableVersion[] } };
    const only = release === 'v1beta1 only' ? 'v1beta1' : release.startsWith('0.5') ? undefined : 'v1alpha1';
    copy.spec.versions = copy.spec.versions.filter(({ name }) => only === undefined || name === only);
    for (const version of copy.spec.versions) {
      const schema = version.schema.openAPIV3Schema;
      if (only !== undefined) version.storage = true;
      const isImport = crd.spec.names.kind === 'ServiceImport';
      for (const field of LACKS[release][isImport ? 'imports' : 'exports']) drop(schema, field);
      if (isImport && ONE_ADDRESS.includes(release)) at(schema, ['spec', 'ips']).maxItems = 1;
      if (isImport && DEFAULT_PROTOCOL.includes(release))
        at(schema, ['spec', 'ports', '*', 'protocol']).default = 'TCP';
    }
    return copy;
  });
}
