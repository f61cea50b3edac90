/** Built-in resources, from what is particular to each. */

import type { FieldError } from '../machinery/field-error.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { Printer, ResourceDefinition, Strategy, StrategyContext } from '../machinery/resource.ts';
import { builtinSchema } from '../schema/builtins.ts';

/** What is particular to a resource; the rest is what most have: version v1, no short names, no status. */
export interface Builtin
  extends Pick<ResourceDefinition, 'group' | 'kind' | 'plural' | 'namespaced'>,
    Partial<
      Pick<
        ResourceDefinition,
        | 'shortNames'
        | 'categories'
        | 'status'
        | 'generation'
        | 'scale'
        | 'names'
        | 'createOnUpdate'
        | 'versionedUpdates'
        | 'returnsDeleted'
        | 'view'
      >
    > {
  readonly printer: Printer;
  /** Told to everybody who asks for the resource. */
  readonly warning?: string;
  /** Errors of a new object and of an updated one, where the strategy says nothing else. */
  readonly validate?: (object: StoredObject, context: StrategyContext) => readonly FieldError[];
  readonly strategy?: Strategy;
}

/** The definition of a built-in resource. */
export function define({ printer, warning, validate, strategy, ...builtin }: Builtin): ResourceDefinition {
  const { group, kind } = builtin;
  return {
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    shortNames: [],
    categories: [],
    status: false,
    generation: false,
    versions: [
      { name: 'v1', schema: builtinSchema(group, 'v1', kind), printer, ...(warning !== undefined && { warning }) },
    ],
    storageVersion: 'v1',
    ...builtin,
    strategy: {
      ...(validate && {
        validateCreate: validate,
        validateUpdate: (object, _old, context) => validate(object, context),
      }),
      ...strategy,
    },
  };
}
