/** Creates and updates objects: the steps that every write goes through, whoever asks for it. */
import type { JsonObject } from '../../api/meta.ts';
import { isJsonObject } from '../../kube/json.ts';
import { invalid as invalidField } from '../resources/fieldErrors.ts';
import { equalJson } from '../schema/json.ts';
import { validateSchema } from '../schema/validate.ts';
import { decoded } from './decode.ts';
import type { FieldError } from './fieldError.ts';
import { generatedName, newUid } from './identifiers.ts';
import { managedFieldsOf, type Subresource } from './managers.ts';
import { metadataErrors, metadataUpdateErrors } from './metadata.ts';
import { admitToNamespace } from './namespaceAdmission.ts';
import type { ManagedFields, StoredMetadata, StoredObject } from './object.ts';
import { readMetadata, type SentMetadata, withMetadata } from './readMetadata.ts';
import { apiVersionOf } from './registry.ts';
import type { ResourceDefinition } from './resource.ts';
import { type ClusterState, storedIn, storedName, strategyContext, timeText } from './state.ts';
import { alreadyExists, badRequest, conflict, invalid, notFound, StatusError } from './status.ts';
import type { Target, WriteOptions } from './target.ts';

/** What of an object a write replaces. */
export interface Update {
  readonly object: JsonObject;
  readonly subresource?: Subresource;
  /** Made from the stored object, so it is no update of an object that is meant to be another. */
  readonly patched?: boolean;
  /** Server-side apply has found out by itself who owns what. */
  readonly managedFields?: readonly ManagedFields[];
}

/** What became of a write, in the form in which it is stored. */
export interface Written {
  readonly object: StoredObject;
  readonly created: boolean;
}

/** Stored where nothing of an object is left to wait for. */
function isOver(object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0;
}

function without(object: JsonObject, field: string): JsonObject {
  const { [field]: _, ...rest } = object;
  return rest;
}

/** Whether a write says the same as what is stored, times of managers aside. */
function saysTheSame(object: StoredObject, old: StoredObject): boolean {
  const bare = ({ metadata, ...rest }: StoredObject) => {
    const { resourceVersion: _, managedFields = [], ...others } = metadata;
    return { ...rest, metadata: { ...others, managedFields: managedFields.map(({ time: __, ...one }) => one) } };
  };
  return equalJson(bare(object), bare(old));
}

/** Whether what a user wants of the object has changed, so that its generation counts. */
function wantsOther(definition: ResourceDefinition, object: StoredObject, old: StoredObject): boolean {
  if (!definition.custom) return !equalJson(object.spec, old.spec);
  const wanted = ({ metadata: _, status, ...rest }: StoredObject) => (definition.status ? rest : { ...rest, status });
  return !equalJson(wanted(object), wanted(old));
}

/** Writes of one cluster. */
export class Writer {
  readonly #state: ClusterState;

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** Stores a new object, which is as a client sent it. Throws a StatusError. */
  create(target: Target, sent: JsonObject, options: WriteOptions, managedFields?: readonly ManagedFields[]): Written {
    const { definition } = target;
    const { store, random, clock } = this.#state;
    const metadata = readMetadata(sent);
    const namespace = this.#namespaceOf(target, metadata);
    if (target.name !== undefined && metadata.name !== undefined && metadata.name !== target.name)
      throw wrongName(metadata.name, target.name);
    admitToNamespace(this.#state, definition, namespace, metadata.name ?? metadata.generateName ?? '');
    const object = decoded(target, definition.custom && definition.status ? without(sent, 'status') : sent, options);
    const given = readMetadata(object);
    // Metadata is read again: defaults may have set labels.
    const { generateName, labels, annotations, ownerReferences, finalizers } = given;
    const name = given.name ?? (generateName === undefined ? '' : generatedName(generateName, random));
    const managed = managedFields ?? managedFieldsOf({ target, updated: object, options, now: clock.now() });
    const made: StoredMetadata = {
      name,
      ...(generateName !== undefined && { generateName }),
      ...(namespace !== undefined && { namespace }),
      uid: newUid(random),
      resourceVersion: '',
      ...(definition.generation && { generation: 1 }),
      creationTimestamp: timeText(clock.now()),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(ownerReferences && { ownerReferences }),
      ...(finalizers && { finalizers }),
      ...(managed && managed.length > 0 && { managedFields: managed }),
    };
    const context = strategyContext(this.#state);
    const { strategy } = definition;
    let next = this.#storable(definition, object, made);
    next = strategy.prepareCreate?.(next, context) ?? next;
    this.#check(definition, name, [
      ...metadataErrors(definition, next.metadata),
      ...this.#schemaErrors(target, next),
      ...(strategy.validateCreate?.(next, context) ?? []),
    ]);
    if (given.resourceVersion !== undefined && given.resourceVersion !== '0')
      throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
    next = this.#allocated(definition, next, undefined);
    const resource = storedName(definition);
    if (store.collection(resource).get(next.metadata)) throw alreadyExists(definition, name);
    for (const warning of strategy.warnings?.(next) ?? []) options.warn?.(warning);
    if (options.dryRun) return { object: next, created: true };
    const stored = store.put(resource, next);
    strategy.committed?.(stored, undefined);
    return { object: stored, created: true };
  }

  /** Replaces an object, or its status, by what a client sent. Throws a StatusError. */
  update(
    target: Target,
    { object: sent, subresource, patched, managedFields }: Update,
    options: WriteOptions,
  ): Written {
    const { definition } = target;
    const { store, clock } = this.#state;
    const resource = storedName(definition);
    const metadata = readMetadata(sent);
    const namespace = this.#namespaceOf(target, metadata);
    const name = target.name ?? metadata.name ?? '';
    if (metadata.name !== undefined && metadata.name !== name) throw wrongName(metadata.name, name);
    const old = store.collection(resource).get({ name, ...(namespace !== undefined && { namespace }) });
    if (!old) {
      if (definition.createOnUpdate && subresource === undefined && !patched && metadata.uid === undefined)
        return this.create(target, sent, options);
      throw notFound(definition, name);
    }
    this.#checkVersion(definition, patched ? { ...metadata, uid: old.metadata.uid } : metadata, old);
    const object = decoded(target, sent, options);
    const updated = { ...object, metadata: { ...Object(object.metadata), name } };
    const managed =
      managedFields ??
      managedFieldsOf({
        target,
        live: old,
        updated,
        given: isJsonObject(sent.metadata) ? sent.metadata.managedFields : undefined,
        options,
        now: clock.now(),
        ...(subresource && { subresource }),
      });
    const made = mergedMetadata(readMetadata(object), old.metadata, managed);
    const context = strategyContext(this.#state);
    const { strategy } = definition;
    let next = this.#storable(definition, object, made);
    if (subresource === 'status') {
      next = strategy.prepareStatus?.(next, old, context) ?? statusOf(next, old);
    } else {
      if (definition.status) next = withStatus(next, old);
      next = strategy.prepareUpdate?.(next, old, context) ?? next;
      if (definition.generation && wantsOther(definition, next, old))
        next = { ...next, metadata: { ...next.metadata, generation: (old.metadata.generation ?? 0) + 1 } };
    }
    // Built-in strategies and the server both check metadata: each of these errors is told twice.
    const metadataProblems = metadataUpdateErrors(next.metadata, old.metadata);
    const validate = subresource === 'status' ? strategy.validateStatus : strategy.validateUpdate;
    this.#check(definition, name, [
      ...metadataProblems,
      ...metadataProblems,
      ...this.#schemaErrors(target, next),
      ...(validate?.call(strategy, next, old, context) ?? []),
    ]);
    if (subresource === undefined) next = this.#allocated(definition, next, old);
    for (const warning of strategy.warnings?.(next) ?? []) options.warn?.(warning);
    if (saysTheSame(next, old)) return { object: old, created: false };
    if (options.dryRun) return { object: next, created: false };
    if (isOver(next) && !isKeptByNamespace(next)) {
      this.#remove(definition, old);
      return {
        object: { ...next, metadata: { ...next.metadata, resourceVersion: old.metadata.resourceVersion } },
        created: false,
      };
    }
    const stored = store.put(resource, next);
    strategy.committed?.(stored, old);
    return { object: stored, created: false };
  }

  /** An object in the form in which it is stored. */
  #storable(definition: ResourceDefinition, object: JsonObject, metadata: StoredMetadata): StoredObject {
    const { group, storageVersion } = storedIn(this.#state, definition);
    const stored = definition.view ? definition.view.toStored(object) : object;
    return withMetadata(stored, apiVersionOf(group, storageVersion), definition.kind, metadata);
  }

  #remove(definition: ResourceDefinition, old: StoredObject): void {
    this.#state.store.remove(storedName(definition), old.metadata);
    definition.strategy.committed?.(undefined, old);
  }

  #namespaceOf({ definition, namespace }: Target, metadata: SentMetadata): string | undefined {
    if (!definition.namespaced) return undefined;
    const given = metadata.namespace;
    if (namespace !== undefined && given !== undefined && given !== namespace)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    return namespace ?? given;
  }

  #checkVersion(definition: ResourceDefinition, sent: SentMetadata, old: StoredObject): void {
    const { name, uid, resourceVersion, namespace } = old.metadata;
    if (sent.uid !== undefined && sent.uid !== uid) {
      const key = `/registry/${definition.plural}/${namespace === undefined ? '' : `${namespace}/`}${name}`;
      const words = `Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${uid}`;
      throw conflict(
        definition,
        name,
        `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${words}`,
      );
    }
    const given = sent.resourceVersion;
    if (given === undefined || given === '0') {
      if (!definition.versionedUpdates) return;
      const error = invalidField('metadata.resourceVersion', 0, 'must be specified for an update');
      // This one error is told of the resource, not of the kind.
      throw invalid({ ...definition, kind: definition.plural }, name, [error]);
    }
    if (!/^\d+$/.test(given))
      throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`);
    if (given !== resourceVersion) throw modified(definition, name);
  }

  #schemaErrors({ definition, version }: Target, object: StoredObject): readonly FieldError[] {
    return definition.custom ? validateSchema(version.schema, object) : [];
  }

  #check(definition: ResourceDefinition, name: string, errors: readonly FieldError[]): void {
    if (errors.length > 0) throw invalid(storedIn(this.#state, definition), name, errors);
  }

  #allocated(definition: ResourceDefinition, object: StoredObject, old: StoredObject | undefined): StoredObject {
    const allocated = definition.strategy.allocate?.(object, old, strategyContext(this.#state));
    if (allocated === undefined) return object;
    if (isErrors(allocated)) throw invalid(definition, object.metadata.name, allocated);
    return allocated;
  }
}

function isErrors(value: StoredObject | readonly FieldError[]): value is readonly FieldError[] {
  return Array.isArray(value);
}

/** 409: somebody else was faster. */
export function modified(definition: ResourceDefinition, name: string): StatusError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(definition, name, why);
}

function wrongName(given: string, asked: string): StatusError {
  return badRequest(`the name of the object (${given}) does not match the name on the URL (${asked})`);
}

/** Metadata of an update: the server keeps what clients may not change. */
function mergedMetadata(
  sent: SentMetadata,
  old: StoredMetadata,
  managed: readonly ManagedFields[] | undefined,
): StoredMetadata {
  const { managedFields: _, generation: __, ...given } = sent;
  const deleting = old.deletionTimestamp;
  const grace = given.deletionGracePeriodSeconds ?? old.deletionGracePeriodSeconds;
  const managedFields = managed ?? old.managedFields;
  return {
    ...given,
    name: old.name,
    ...(old.namespace !== undefined && { namespace: old.namespace }),
    uid: given.uid ?? old.uid,
    resourceVersion: old.resourceVersion,
    ...(old.generation !== undefined && { generation: old.generation }),
    creationTimestamp: old.creationTimestamp,
    ...(deleting !== undefined && { deletionTimestamp: deleting }),
    ...(grace !== undefined && { deletionGracePeriodSeconds: grace }),
    ...(managedFields && managedFields.length > 0 && { managedFields }),
  };
}

/** The old object with another status; who owns the status is in its metadata. */
function statusOf(next: StoredObject, old: StoredObject): StoredObject {
  const { managedFields } = next.metadata;
  return withStatus({ ...old, metadata: { ...old.metadata, ...(managedFields && { managedFields }) } }, next);
}

function withStatus(object: StoredObject, from: StoredObject): StoredObject {
  const { status: _, apiVersion, kind, metadata, ...rest } = object;
  return { apiVersion, kind, metadata, ...rest, ...(from.status !== undefined && { status: from.status }) };
}

/** A namespace is there until its own finalizers, which are in its spec, are gone. */
function isKeptByNamespace(object: StoredObject): boolean {
  if (object.kind !== 'Namespace' || object.apiVersion !== 'v1') return false;
  const spec: JsonObject = Object(object.spec);
  return Array.isArray(spec.finalizers) && spec.finalizers.length > 0;
}
