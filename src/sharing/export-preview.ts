/** What an export would do, before it exists. */
import type { Service } from '../api/core.ts';
import { type ServiceKey, splitKey } from '../api/meta.ts';
import { MCS_API_VERSION, type ServiceExport } from '../api/multicluster.ts';
import { RESOURCES } from '../api/resources.ts';
import { timestamp } from '../api/time.ts';
import { conflictOf } from '../core/merge/conflicts.ts';
import { classifyExports, type Exports } from '../core/merge/exports.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { fleetAccess } from '../fleet/fleet-access.ts';
import type { Member } from '../fleet/member.ts';
import { slimService } from '../fleet/slim/slim-service.ts';
import { isAbsent } from '../kube/client/api-errors.ts';
import type { RawObject } from '../kube/client/client.ts';
import { CatamaranError } from '../runtime/errors.ts';

export interface ExportPreview {
  readonly member: string;
  readonly alreadyExported: boolean;
  /** Why the export would not be valid. */
  readonly refusal?: { readonly reason: string; readonly message: string };
  /** Message of the condition Conflict that every exporter would get. */
  readonly conflict?: { readonly reason: string; readonly message: string };
  /** Members that export the name now. */
  readonly exporters: readonly string[];
  /** Members that would import it, or do. */
  readonly importers: readonly string[];
}

/** The manifest of an export. */
export function exportManifest(key: ServiceKey): ServiceExport {
  const { namespace, name } = splitKey(key);
  return { apiVersion: MCS_API_VERSION, kind: 'ServiceExport', metadata: { namespace, name } };
}

async function serviceOf(
  { name, client, cache }: Member,
  key: ServiceKey,
  signal: AbortSignal,
): Promise<Service | undefined> {
  const cached = cache.services.get(key);
  if (cached) return cached;
  if (!client) throw new CatamaranError('CTM_MEMBER_UNLISTED', `member ${name} does not respond`);
  try {
    return slimService(await client.get<RawObject>(RESOURCES.services, splitKey(key), { signal }));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The export of a member as it is, or as it would be. `now` is in ms since the epoch. */
export async function plannedExport(
  fleet: Fleet,
  member: Member,
  key: ServiceKey,
  now: number,
  signal: AbortSignal,
): Promise<Exports> {
  const access = fleetAccess(fleet.config);
  const existing = member.cache.exports.get(key);
  const service = await serviceOf(member, key, signal);
  const planned = exportManifest(key);
  return classifyExports([
    {
      member: member.name,
      standing: 'current',
      policy: access.exportPolicy(member, key),
      export: existing ?? { ...planned, metadata: { ...planned.metadata, creationTimestamp: timestamp(now) } },
      slices: [],
      ...(service && { service }),
    },
  ]);
}

/** `now` is in ms since the epoch. */
export async function previewExport(
  fleet: Fleet,
  member: Member,
  key: ServiceKey,
  now: number,
  signal: AbortSignal,
): Promise<ExportPreview> {
  const { namespace } = splitKey(key);
  const access = fleetAccess(fleet.config);
  const { valid, invalid } = await plannedExport(fleet, member, key, now, signal);
  const others = fleet
    .view(key, member, now)
    .clusterset.exports.valid.filter((exporter) => exporter.member !== member.name);
  const conflict = conflictOf([...others, ...valid]);
  const [refusal] = invalid;
  return {
    member: member.name,
    alreadyExported: member.cache.exports.get(key) !== undefined,
    ...(refusal && { refusal: { reason: refusal.reason, message: refusal.message } }),
    ...(conflict && { conflict: { reason: conflict.reason, message: conflict.message } }),
    exporters: others.map((exporter) => exporter.member),
    importers: fleet.members
      .filter((each) => fleet.isMember(each) && importsFrom(access, each, namespace, key))
      .map(({ name }) => name),
  };
}

function importsFrom(
  access: ReturnType<typeof fleetAccess>,
  member: Member,
  namespace: string,
  key: ServiceKey,
): boolean {
  const { name, config, cache } = member;
  if (access.importRefusal(name, namespace) !== undefined) return false;
  if (cache.imports.get(key)) return true;
  return access.importMode(config, namespace) === 'Automatic' && cache.namespaces.get(namespace) === 'Active';
}
