/** Definitions of built-in resources. */

import type { FieldError } from '../machinery/field-error.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { Printer, ResourceDefinition, Strategy, StrategyContext } from '../machinery/resource.ts';
import { builtinSchema } from '../schema/builtins.ts';

/** Properties of a resource; the defaults fit most: version v1, no short names, no status. */
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
  /** Sent as a warning with every response for the resource. */
  readonly warning?: string;
  /** Validates created and updated objects, unless the strategy has its own validation. */
  readonly validate?: (object: StoredObject, context: StrategyContext) => readonly FieldError[];
  readonly strategy?: Strategy;
}

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
