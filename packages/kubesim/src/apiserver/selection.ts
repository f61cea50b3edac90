/** The objects covered by a list or watch. */

import type { StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { fieldSelector } from './field-selector.ts';
import { labelSelector } from './label-selector.ts';
import type { ListOptions } from './options.ts';
import type { Target } from './target.ts';

/** Scope and selectors. */
export interface Selection {
  readonly namespace: string | undefined;
  /** Whether a selector restricts the result. */
  readonly selective: boolean;
  matches(object: StoredObject): boolean;
}

/**
 * Parses the selectors; `definition` is that of the stored objects.
 *
 * @throws StatusError 400
 */
export function selection(target: Target, definition: ResourceDefinition, options: ListOptions): Selection {
  const labels = labelSelector(options.labelSelector);
  const fields = fieldSelector(target.definition, options.fieldSelector);
  const { namespace, name } = target;
  const view = definition === target.definition ? undefined : target.definition.view;
  return {
    namespace,
    selective: labels !== undefined || fields !== undefined,
    matches: (object) => {
      const { metadata } = object;
      if (namespace !== undefined && metadata.namespace !== namespace) return false;
      if (name !== undefined && metadata.name !== name) return false;
      if (labels && !labels(metadata.labels)) return false;
      return !fields || fields.matches(view ? view.fromStored(object) : object);
    },
  };
}
