/** Creation and update of objects: the steps common to all writes. */

import type { FieldError } from '../machinery/field-error.ts';
import type { JsonObject } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import type { ManagedFields, StoredMetadata, StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { alreadyExists, invalid, notFound, StatusError } from '../machinery/status.ts';
import { validateSchema } from '../schema/validate.ts';
import { generatedName, newUid } from './identifiers.ts';
import { managedFieldsOf, type Subresource } from './managed-fields.ts';
import { metadataErrors, metadataUpdateErrors } from './metadata.ts';
import { admitToNamespace } from './namespace-admission.ts';
import { withOwnersOnce } from './owner-references.ts';
import { checkVersion, namespaceOf, wrongName } from './preconditions.ts';
import { readMetadata, type SentMetadata, withMetadata } from './read-metadata.ts';
import { apiVersionOf } from './registry.ts';
import { decoded } from './request-body.ts';
import { isOver, mergedMetadata, saysTheSame, statusOf, wantsOther, withStatus } from './rewrite.ts';
import { type ClusterState, storedIn, storedName, strategyContext, timeText } from './state.ts';
import type { Target, WriteOptions } from './target.ts';

/** Scope and origin of an update. */
export interface Update {
  readonly object: JsonObject;
  readonly subresource?: Subresource;
  /** Derived from the stored object by a patch: it cannot create an object, and its UID is not checked. */
  readonly patched?: boolean;
  /** Computed by server-side apply. */
  readonly managedFields?: readonly ManagedFields[];
}

/** Result of a write, in its stored form. */
export interface Written {
  readonly object: StoredObject;
  readonly created: boolean;
}

function without(object: JsonObject, field: string): JsonObject {
  const { [field]: _, ...rest } = object;
  return rest;
}

export class Writer {
  readonly #state: ClusterState;

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /**
   * Stores a new object sent by a client.
   *
   * @throws StatusError
   */
  create(target: Target, sent: JsonObject, options: WriteOptions, managedFields?: readonly ManagedFields[]): Written {
    const { definition } = target;
    const { store, clock } = this.#state;
    const metadata = readMetadata(sent);
    const namespace = namespaceOf(target, metadata);
    if (target.name !== undefined && metadata.name !== undefined && metadata.name !== target.name)
      throw wrongName(metadata.name, target.name);
    admitToNamespace(this.#state, definition, namespace, metadata.name ?? metadata.generateName ?? '');
    const readable = definition.custom && definition.status ? without(sent, 'status') : sent;
    const object = withOwnersOnce(decoded(target, readable, options), options, false);
    const managed = managedFields ?? managedFieldsOf({ target, updated: object, options, now: clock.now() });
    // Defaulting may have changed the labels.
    const given = readMetadata(object);
    const made = this.#newMetadata(definition, { ...given, ...(namespace !== undefined && { namespace }) }, managed);
    const { name } = made;
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

  /**
   * Replaces an object, or its status, with one sent by a client.
   *
   * @throws StatusError
   */
  update(
    target: Target,
    { object: sent, subresource, patched, managedFields }: Update,
    options: WriteOptions,
  ): Written {
    const { definition } = target;
    const { store, clock } = this.#state;
    const resource = storedName(definition);
    const metadata = readMetadata(sent);
    const namespace = namespaceOf(target, metadata);
    const name = target.name ?? metadata.name ?? '';
    if (metadata.name !== undefined && metadata.name !== name) throw wrongName(metadata.name, name);
    const old = store.collection(resource).get({ name, ...(namespace !== undefined && { namespace }) });
    if (!old) {
      if (definition.createOnUpdate && subresource === undefined && !patched && metadata.uid === undefined)
        return this.create(target, sent, options);
      throw notFound(definition, name);
    }
    checkVersion(definition, patched ? { ...metadata, uid: old.metadata.uid } : metadata, old);
    const object = withOwnersOnce(decoded(target, sent, options), options, patched === true);
    const updated = { ...object, metadata: { ...Object(object.metadata), name } };
    const managed =
      managedFields ??
      managedFieldsOf({
        target,
        live: old,
        updated,
        given: isObject(sent.metadata) ? sent.metadata.managedFields : undefined,
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
    // Built-in strategies validate metadata, too, so each of these errors is reported twice.
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
    if (isOver(next)) {
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

  /** Metadata of a new object: the fields that clients may set. */
  #newMetadata(
    definition: ResourceDefinition,
    { name, generateName, namespace, labels, annotations, ownerReferences, finalizers }: SentMetadata,
    managed: readonly ManagedFields[] | undefined,
  ): StoredMetadata {
    const { random, clock } = this.#state;
    return {
      name: name ?? (generateName === undefined ? '' : generatedName(generateName, random)),
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
