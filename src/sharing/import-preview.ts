/** What an import would be, before it exists. */
import { type ServiceKey, splitKey } from '../api/meta.ts';
import { MCS_API_VERSION, type ServiceImport } from '../api/multicluster.ts';
import type { Exporter } from '../core/merge/exports.ts';
import { mergeExports } from '../core/merge/merge.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { fleetAccess } from '../fleet/fleet-access.ts';
import type { Member } from '../fleet/member.ts';

export interface ImportPreview {
  readonly member: string;
  /** Members that export the name. */
  readonly exporters: readonly string[];
  readonly alreadyImported: boolean;
  /** Why nothing can be imported; absent if it can. */
  readonly problem?: string;
  /** The import to create; absent if no member exports the name. */
  readonly manifest?: ServiceImport;
}

function problemOf(fleet: Fleet, { name, cache }: Member, namespace: string): string | undefined {
  const refusal = fleetAccess(fleet.config).importRefusal(name, namespace);
  if (refusal !== undefined) return refusal;
  const phase = cache.namespaces.get(namespace);
  if (phase === 'Terminating') return `Namespace "${namespace}" of member ${name} is being deleted`;
  return phase === undefined ? `member ${name} has no Namespace "${namespace}"` : undefined;
}

/** `planned`: exporters that are about to export it, if no member does yet. `now` is in ms since the epoch. */
export function previewImport(
  fleet: Fleet,
  member: Member,
  key: ServiceKey,
  now: number,
  planned: readonly Exporter[] = [],
): ImportPreview {
  const { namespace, name } = splitKey(key);
  const merged = fleet.view(key, member, now).clusterset.merged ?? mergeExports(planned);
  const problem = problemOf(fleet, member, namespace);
  return {
    member: member.name,
    exporters: merged?.members ?? [],
    alreadyImported: member.cache.imports.get(key) !== undefined,
    ...(problem !== undefined && { problem }),
    ...(merged && {
      manifest: {
        apiVersion: MCS_API_VERSION,
        kind: 'ServiceImport',
        metadata: { namespace, name },
        spec: {
          type: merged.type,
          ports: merged.ports.map(({ name: port, ...rest }) => ({ ...(port !== '' && { name: port }), ...rest })),
        },
      },
    }),
  };
}
