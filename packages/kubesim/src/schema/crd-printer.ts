/** Tables of custom resources, by additionalPrinterColumns. Source: Kubernetes documentation, CRDs, "Additional printer columns". */

import { NAME } from '../machinery/columns.ts';
import { since } from '../machinery/duration.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { numberOf, objectsOf, textOf } from '../machinery/read.ts';
import type { Column, Printer } from '../machinery/resource.ts';
import { parseJsonPath } from './json-path.ts';

const TYPES: Readonly<Record<string, Column['type']>> = {
  string: 'string',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  date: 'date',
};

const AGE = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Age of the object.',
};

/** The printer for a version of a CRD. Default columns: name and age. */
export function crdPrinter(columns: Json | undefined): Printer {
  const own = objectsOf(columns);
  const all = (own.length > 0 ? own : [AGE]).map((definition) => ({
    column: columnOf(definition),
    cell: cellOf(definition),
  }));
  return {
    columns: [NAME, ...all.map(({ column }) => column)],
    row: (object, now) => [object.metadata.name, ...all.map(({ cell }) => cell(object, now))],
  };
}

function columnOf(definition: JsonObject): Column {
  const { name, type, format, description, priority, jsonPath } = definition;
  return {
    name: textOf(name),
    type: TYPES[textOf(type)] ?? 'string',
    format: textOf(format),
    description: textOf(description) || `Custom resource definition column (in JSONPath format): ${textOf(jsonPath)}`,
    priority: numberOf(priority),
  };
}

function cellOf(definition: JsonObject): (object: StoredObject, now: number) => Json {
  const find = parseJsonPath(textOf(definition.jsonPath));
  const type = textOf(definition.type);
  return (object, now) => {
    const [first] = find?.(object) ?? [];
    if (first === undefined || first === null) return null;
    return type === 'string' ? printed(first) : typed(type, first, now);
  };
}

function printed(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
}

/** The value if it has the column's type, else null. */
function typed(type: string, value: Json, now: number): Json {
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null;
  if (type === 'number') return typeof value === 'number' ? value : null;
  if (type === 'boolean') return typeof value === 'boolean' ? value : null;
  if (type !== 'date' || typeof value !== 'string') return null;
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : since(value, now);
}
