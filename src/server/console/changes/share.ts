/** What users do to a Service: export it, import it, and take either back, each with what it would do. */
import { stringify } from 'yaml';
import { z } from 'zod';
import type { JsonObject } from '../../../api/json.ts';
import { USER_FIELD_MANAGER } from '../../../api/labels.ts';
import { type ServiceKey, serviceKey, splitKey } from '../../../api/meta.ts';
import type { ServiceExport, ServiceImport } from '../../../api/multicluster.ts';
import { RESOURCES } from '../../../api/resources.ts';
import { isDnsLabel } from '../../../core/naming.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { fleetAccess } from '../../../fleet/fleet-access.ts';
import type { Member } from '../../../fleet/member.ts';
import type { KubeClient } from '../../../kube/client/client.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { CatamaranError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { type ExportPreview, exportManifest, plannedExport, previewExport } from '../../../sharing/export-preview.ts';
import { type ImportPreview, previewImport } from '../../../sharing/import-preview.ts';
import { namesToCall } from '../../../sharing/names-to-call.ts';
import { previewUnexport, previewUnimport } from '../../../sharing/removal-preview.ts';
import type {
  ConsumerPreview,
  CreatePreview,
  ExportResult,
  ImportResult,
  PlannedObject,
  UnexportResult,
  UnimportResult,
} from '../api-types.ts';
import { memberNamed } from '../http/queries.ts';
import { refused } from '../problem.ts';
import type { Account, Deed } from '../sessions/accounts.ts';

const label = z.string().refine(isDnsLabel, { error: 'must be a DNS label: lower-case letters, digits and dashes' });

const shareShape = { namespace: label, name: label, member: label };
export const exportSchema = z.strictObject({ ...shareShape, acceptConflict: z.boolean().optional() });
export const importSchema = z.strictObject({ ...shareShape, provider: label.optional() });
export const createPreviewSchema = z.strictObject({ ...shareShape, consumers: z.array(label).max(500) });

export interface ShareOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the console may change anything. */
  readonly write: boolean;
}

/** Who asks, and whether only for a preview. */
export interface Asked {
  readonly account: Account;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** The client of a member that has been listed, since a preview of less would mislead. */
function clientOf({ name, client, cache }: Member): KubeClient {
  if (client && cache.synced) return client;
  throw new CatamaranError('CTM_MEMBER_UNLISTED', `member "${name}" could not be listed`);
}

function planned(member: string, object: ServiceExport | ServiceImport): PlannedObject {
  return { member, object, yaml: stringify(object) };
}

export class Sharing {
  readonly #options: ShareOptions;

  constructor(options: ShareOptions) {
    this.#options = options;
  }

  async preview(request: z.infer<typeof createPreviewSchema>, asked: Asked): Promise<CreatePreview> {
    const { fleet, clock } = this.#options;
    const key = keyOf(request, asked.account);
    const provider = memberNamed(fleet, request.member);
    clientOf(provider);
    const now = clock.now();
    const exported = await previewExport(fleet, provider, key, now, asked.signal);
    const { valid } = await plannedExport(fleet, provider, key, now, asked.signal);
    const access = fleetAccess(fleet.config);
    const { clustersetDomain } = fleet.config;
    const imports = request.consumers.map((name): ConsumerPreview => {
      const member = memberNamed(fleet, name);
      const { config } = member;
      return {
        ...previewImport(fleet, member, key, now, valid),
        by: access.importMode(config, request.namespace) === 'Automatic' ? 'automatic' : 'manual',
        names: namesToCall(key, config.derivedPrefix, clustersetDomain),
      };
    });
    return {
      export: exported,
      imports,
      objects: [
        ...(exported.alreadyExported ? [] : [planned(provider.name, exportManifest(key))]),
        ...imports.flatMap(({ by, alreadyImported, problem, manifest, member }) =>
          by === 'manual' && !alreadyImported && problem === undefined && manifest ? [planned(member, manifest)] : [],
        ),
      ],
    };
  }

  async export(request: z.infer<typeof exportSchema>, asked: Asked): Promise<ExportResult> {
    const { fleet, clock } = this.#options;
    const key = keyOf(request, asked.account);
    await this.#require({ verb: 'create', resource: 'serviceexports', namespace: request.namespace }, asked);
    const member = memberNamed(fleet, request.member);
    const client = clientOf(member);
    const preview = await previewExport(fleet, member, key, clock.now(), asked.signal);
    if (preview.alreadyExported) return { done: 'unchanged', preview, objects: [] };
    requireValid(preview, request.acceptConflict === true || asked.dryRun);
    const manifest = exportManifest(key);
    const objects = [planned(member.name, manifest)];
    if (asked.dryRun) return { done: 'planned', preview, objects };
    await this.#create(client, 'serviceExports', key, manifest, asked);
    return { done: 'created', preview, objects };
  }

  async import(request: z.infer<typeof importSchema>, asked: Asked): Promise<ImportResult> {
    const { fleet, clock } = this.#options;
    const key = keyOf(request, asked.account);
    await this.#require({ verb: 'create', resource: 'serviceimports', namespace: request.namespace }, asked);
    const member = memberNamed(fleet, request.member);
    const client = clientOf(member);
    const now = clock.now();
    const provider = request.provider === undefined ? undefined : memberNamed(fleet, request.provider);
    const exports = provider && (await plannedExport(fleet, provider, key, now, asked.signal));
    const preview = previewImport(fleet, member, key, now, exports?.valid);
    if (preview.alreadyImported) return { done: 'unchanged', preview, objects: [] };
    const manifest = importable(preview, key);
    const objects = [planned(member.name, manifest)];
    if (asked.dryRun) return { done: 'planned', preview, objects };
    await this.#create(client, 'serviceImports', key, manifest, asked);
    return { done: 'created', preview, objects };
  }

  async unexport(key: ServiceKey, name: string, asked: Asked): Promise<UnexportResult> {
    const { fleet } = this.#options;
    const { namespace } = splitKey(key);
    await this.#require({ verb: 'delete', resource: 'serviceexports', namespace }, asked);
    const member = memberNamed(fleet, name);
    const client = clientOf(member);
    const preview = previewUnexport(fleet, member, key);
    const exported = member.cache.exports.get(key);
    if (!exported) return { done: 'unchanged', preview };
    if (asked.dryRun) return { done: 'planned', preview };
    await this.#delete(client, 'serviceExports', key, exported.metadata.uid, asked);
    return { done: 'deleted', preview };
  }

  async unimport(key: ServiceKey, name: string, asked: Asked): Promise<UnimportResult> {
    const { fleet } = this.#options;
    const { namespace } = splitKey(key);
    await this.#require({ verb: 'delete', resource: 'serviceimports', namespace }, asked);
    const member = memberNamed(fleet, name);
    const client = clientOf(member);
    const preview = previewUnimport(fleet, member, key);
    const imported = member.cache.imports.get(key);
    if (!imported) return { done: 'unchanged', preview };
    if (asked.dryRun) return { done: 'planned', preview };
    if (preview.problem !== undefined) throw new CatamaranError('CTM_SHARING', preview.problem);
    await this.#delete(client, 'serviceImports', key, imported.metadata.uid, asked);
    return { done: 'deleted', preview };
  }

  /** A preview needs no right to write. */
  async #require(deed: Deed, { account, dryRun }: Asked): Promise<void> {
    if (dryRun) return;
    if (!this.#options.write) throw refused('the console is read-only; start it with --write');
    if (await account.may(deed)) return;
    const { verb, resource, namespace } = deed;
    throw refused(`you may not ${verb} ${resource} in namespace ${JSON.stringify(namespace)}`);
  }

  async #create(
    client: KubeClient,
    resource: 'serviceExports' | 'serviceImports',
    key: ServiceKey,
    manifest: ServiceExport | ServiceImport,
    { account, signal }: Asked,
  ): Promise<void> {
    const object: JsonObject = JSON.parse(JSON.stringify(manifest));
    const { namespace } = splitKey(key);
    await client.create(RESOURCES[resource], namespace, object, { signal, fieldManager: USER_FIELD_MANAGER });
    this.#log(client, `created ${resource}`, key, account);
  }

  async #delete(
    client: KubeClient,
    resource: 'serviceExports' | 'serviceImports',
    key: ServiceKey,
    uid: string | undefined,
    { account, signal }: Asked,
  ): Promise<void> {
    await client.delete(RESOURCES[resource], splitKey(key), { signal, ...(uid !== undefined && { uid }) });
    this.#log(client, `deleted ${resource}`, key, account);
  }

  #log({ cluster }: KubeClient, what: string, key: ServiceKey, { user }: Account): void {
    const fields = { member: cluster, service: key, ...(user !== undefined && { user }) };
    this.#options.logger.info(fields, `console: ${what}`);
  }
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }, account: Account) {
  // The same answer whether or not it exists.
  if (!account.scope.sees(namespace)) throw refused(`you may not see namespace ${JSON.stringify(namespace)}`);
  return serviceKey(namespace, name);
}

/** @throws CTM_SHARING if the export would not be valid, or would have a conflict that is not accepted. */
function requireValid({ refusal, conflict }: ExportPreview, acceptsConflict: boolean): void {
  if (refusal) throw new CatamaranError('CTM_SHARING', `${refusal.reason}: ${refusal.message}`);
  if (!conflict || acceptsConflict) return;
  throw new CatamaranError('CTM_SHARING', `${conflict.reason}: ${conflict.message}; accept the conflict to export it`);
}

function importable({ problem, manifest }: ImportPreview, key: ServiceKey): ServiceImport {
  if (problem !== undefined) throw new CatamaranError('CTM_SHARING', problem);
  if (!manifest) throw new CatamaranError('CTM_SHARING', `no member exports ${key}; export it first`);
  return manifest;
}
