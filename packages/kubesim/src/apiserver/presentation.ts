/** Stored objects in the representation requested. */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { Page } from './lister.ts';
import type { Representation } from './negotiation.ts';
import { presented } from './state.ts';
import { type IncludeObject, partialMetadata, table } from './table.ts';
import { type Target, targetApiVersion } from './target.ts';
import type { WatchEvent } from './watcher.ts';

/** Annotation of the bookmark that ends the initial events of a watch. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Representation of the objects in one response. */
export class Form {
  readonly #target: Target;
  readonly #apiVersion: string;
  readonly #representation: Representation;
  readonly #include: IncludeObject;
  readonly #now: () => number;
  #columns = true;

  constructor(target: Target, representation: Representation, include: IncludeObject, now: () => number) {
    this.#target = target;
    this.#apiVersion = targetApiVersion(target);
    this.#representation = representation;
    this.#include = include;
    this.#now = now;
  }

  object(stored: StoredObject): JsonObject {
    const object = this.#presented(stored);
    const { as } = this.#representation;
    if (as === 'Table') return this.#table([object], { resourceVersion: object.metadata.resourceVersion });
    return withVersion(as === 'PartialObjectMetadata' ? partialMetadata(object) : object);
  }

  list(page: Page): JsonObject {
    const metadata = {
      resourceVersion: page.resourceVersion,
      ...(page.continue !== undefined && { continue: page.continue }),
      ...(page.remaining !== undefined && { remainingItemCount: page.remaining }),
    };
    const { as } = this.#representation;
    const items = page.items.map((item) => this.#presented(item));
    if (as === 'Table') return this.#table(items, metadata);
    if (as === 'PartialObjectMetadataList')
      return { kind: as, apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(partialMetadata) };
    const { definition } = this.#target;
    return {
      kind: definition.listKind,
      apiVersion: this.#apiVersion,
      // Lists of custom resources include an empty token.
      metadata: definition.custom ? { continue: '', ...metadata } : metadata,
      // Items of built-in lists omit the apiVersion and kind of the list.
      items: definition.custom ? items : items.map(({ apiVersion: _, kind: __, ...item }) => item),
    };
  }

  event(event: WatchEvent): JsonObject {
    if (event.type === 'ERROR') return { type: event.type, object: event.status };
    if (event.type === 'BOOKMARK') return { type: event.type, object: this.#bookmark(event.version, event.initialEnd) };
    const object = this.#presented(event.object);
    const { as } = this.#representation;
    const shown: Json =
      as === 'Table'
        ? this.#table([object], { resourceVersion: object.metadata.resourceVersion })
        : as === undefined
          ? object
          : partialMetadata(object);
    return { type: event.type, object: shown };
  }

  #bookmark(version: number, initialEnd: boolean): JsonObject {
    const metadata = {
      resourceVersion: `${version}`,
      ...(initialEnd && { annotations: { [INITIAL_EVENTS_END]: 'true' } }),
    };
    const object = { kind: this.#target.definition.kind, apiVersion: this.#apiVersion, metadata };
    if (this.#representation.as !== 'Table') return object;
    const rows = [{ cells: [], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } }];
    return {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: `${version}` },
      columnDefinitions: null,
      rows,
    };
  }

  #table(objects: readonly StoredObject[], metadata: JsonObject): JsonObject {
    const columns = this.#columns;
    this.#columns = false;
    const options = { printer: this.#target.version.printer, include: this.#include, now: this.#now() };
    return table(objects, metadata, options, columns);
  }

  #presented(stored: StoredObject): StoredObject {
    return presented(this.#target.definition, this.#apiVersion, stored);
  }
}

/** The result of a dry-run create has no version. */
function withVersion(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata) || metadata.resourceVersion !== '') return object;
  const { resourceVersion: _none, ...rest } = metadata;
  return { ...object, metadata: rest };
}
