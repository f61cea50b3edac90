/** Columns of tables. Source: Kubernetes, meta/v1 Table. */

import { since } from './duration.ts';
import type { Json, JsonObject } from './json.ts';
import type { StoredObject } from './object.ts';
import { objectOf, objectsOf, textOf } from './read.ts';
import type { Column, Printer } from './resource.ts';

export function column(name: string, description: string, type: Column['type'] = 'string'): Column {
  return { name, type, format: '', description, priority: 0 };
}

/** A column shown only with `-o wide`. */
export function wide(name: string, description: string, type: Column['type'] = 'string'): Column {
  return { ...column(name, description, type), priority: 1 };
}

/** The first column of most tables. */
export const NAME: Column = { ...column('Name', 'Name of the object.'), format: 'name' };

export const AGE: Column = column('Age', 'Age of the object.');

/** Columns for the containers of a workload, shown with `-o wide`. */
export const CONTAINERS: readonly Column[] = [
  wide('Containers', 'Names of the containers in the template.'),
  wide('Images', 'Images of the containers in the template.'),
];

export function age(object: StoredObject, now: number): string {
  return since(object.metadata.creationTimestamp, now);
}

/** Cells for {@link CONTAINERS}, from a workload's spec. */
export function containerCells(spec: JsonObject): readonly string[] {
  const containers = objectsOf(objectOf(objectOf(spec.template).spec).containers);
  return ['name', 'image'].map((key) => containers.map((one) => textOf(one[key])).join(','));
}

/** Labels as text, sorted by key; `<none>` if empty. */
export function labelsText(labels: Json | undefined): string {
  const entries = Object.entries(objectOf(labels)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${textOf(value)}`).join(',');
}

/** Up to three items and the number of those omitted; `none` if the list is empty. */
export function shortList(items: readonly string[], none = '<unset>'): string {
  if (items.length === 0) return none;
  const shown = items.slice(0, 3).join(',');
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

/** A printer for the name, some cells and the age. */
export function printer(columns: readonly Column[], cells: (object: StoredObject) => readonly Json[]): Printer {
  return {
    columns: [NAME, ...columns.filter((one) => one.priority === 0), AGE, ...columns.filter((one) => one.priority > 0)],
    row(object, now) {
      const values = cells(object);
      const shown = values.filter((_, i) => columns[i]?.priority === 0);
      const others = values.filter((_, i) => columns[i]?.priority !== 0);
      return [object.metadata.name, ...shown, age(object, now), ...others];
    },
  };
}
