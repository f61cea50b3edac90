/**
 * Conversion of objects to tables and partial metadata, for `kubectl get`. Source: Kubernetes API, meta/v1 Table and
 * PartialObjectMetadata.
 */

import { AGE, NAME } from '../machinery/columns.ts';
import { since } from '../machinery/duration.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { Printer } from '../machinery/resource.ts';
import { badRequest } from '../machinery/status.ts';

/** Part of the object included in a row. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/**
 * Parses ?includeObject.
 *
 * @throws StatusError 400
 */
export function includeObject(query: URLSearchParams): IncludeObject {
  const given = query.get('includeObject') ?? '';
  if (given === 'None' || given === 'Object') return given;
  if (given === '' || given === 'Metadata') return 'Metadata';
  throw badRequest(
    `invalid include object: includeObject: Invalid value: "${given}": must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** Default columns of a resource. */
const DEFAULT_PRINTER: Printer = {
  columns: [NAME, AGE],
  row: ({ metadata }, now) => [metadata.name, since(metadata.creationTimestamp, now)],
};

/** PartialObjectMetadata of an object. */
export function partialMetadata(object: StoredObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

export interface TableOptions {
  readonly printer: Printer | undefined;
  readonly include: IncludeObject;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A table of objects in the requested version. In a watch, only the first event includes the columns. */
export function table(
  objects: readonly StoredObject[],
  metadata: JsonObject,
  options: TableOptions,
  columns = true,
): JsonObject {
  const printer = options.printer ?? DEFAULT_PRINTER;
  const shown = (object: StoredObject): Json =>
    options.include === 'None' ? null : options.include === 'Object' ? object : partialMetadata(object);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns ? printer.columns.map((column) => ({ ...column })) : null,
    rows: objects.map((object) => ({ cells: printer.row(object, options.now), object: shown(object) })),
  };
}
