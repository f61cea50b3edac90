/** Schema of metav1.Condition, with the limits of the Kubernetes type. */
import type { Condition } from './meta.ts';
import { integer, listByKey, object, type Schema, text } from './openapi-schema.ts';

/** Maximum length of a message, as in Kubernetes. */
export const MAX_CONDITION_MESSAGE = 32_768;

const condition = object<Condition>(
  'One aspect of the state of the object.',
  {
    type: text('Name of the aspect: CamelCase, or a domain, a slash and CamelCase.', {
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    }),
    status: text('Whether it holds: True, False or Unknown.', { enum: ['True', 'False', 'Unknown'] }),
    reason: text('Why, as a word for programs. Multiple reasons are joined by commas.', {
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    message: text('Why, in words for users.', { maxLength: MAX_CONDITION_MESSAGE }),
    lastTransitionTime: text('When status last changed.', { format: 'date-time' }),
    observedGeneration: integer('The metadata.generation that this condition is based on.', 'int64', { minimum: 0 }),
  },
  ['observedGeneration'],
);

export function conditions(description: string): Schema {
  return listByKey(description, 'type', condition);
}
