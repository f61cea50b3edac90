/** Objects as tables and as metadata alone, for `kubectl get`. Source: Kubernetes API, meta/v1 Table and PartialObjectMetadata. */

import { AGE, NAME } from '../machinery/columns.ts';
import { since } from '../machinery/duration.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { Printer } from '../machinery/resource.ts';
import { badRequest } from '../machinery/status.ts';

/** How much of an object a row carries. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** Reads ?includeObject. Throws 400. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const given = query.get('includeObject') ?? '';
  if (given === 'None' || given === 'Object') return given;
  if (given === '' || given === 'Metadata') return 'Metadata';
  throw badRequest(
    `invalid include object: includeObject: Invalid value: "${given}": must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** Columns of a resource that says nothing of its own. */
const DEFAULT_PRINTER: Printer = {
  columns: [NAME, AGE],
  row: ({ metadata }, now) => [metadata.name, since(metadata.creationTimestamp, now)],
};

/** Metadata of an object, as an object of its own. */
export function partialMetadata(object: StoredObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** What a table shows. */
export interface TableOptions {
  readonly printer: Printer | undefined;
  readonly include: IncludeObject;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A table of objects, which are as the request sees them. Events of a watch leave the columns out after the first. */
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
