/** Field selectors in query parameters. Source: Kubernetes documentation, "Field Selectors". */
import type { StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { badRequest } from '../machinery/status.ts';

/** A condition on one field of an object. */
interface Term {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** Terms, all of which must match. */
export interface FieldSelector {
  /** The object name required by the selector, if any. */
  readonly name: string | undefined;
  matches(object: StoredObject): boolean;
}

/** Splits at commas that are not escaped by a backslash. */
function split(text: string): readonly string[] {
  return text.match(/(?:[^\\,]|\\.|\\$)+|(?<=,)(?=,)/gs) ?? [];
}

function unescaped(value: string): string {
  let held = '';
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === '\\') {
      const next = value.charAt(++at);
      if (!['\\', ',', '='].includes(next))
        throw badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
      held += next;
    } else if (character === ',' || character === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    } else held += character;
  }
  return held;
}

function terms(text: string): readonly Term[] {
  return split(text).map((term) => {
    const [, field, operator, value] = /^([^=!]*?)(!=|==|=)(.*)$/s.exec(term) ?? [];
    if (field === undefined || value === undefined)
      throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    return { field, equal: operator !== '!=', value: unescaped(value) };
  });
}

/** Field values of an object available to selectors. */
function fieldsOf(definition: ResourceDefinition, object: StoredObject): Readonly<Record<string, string>> {
  const { name, namespace } = object.metadata;
  return {
    'metadata.name': name,
    ...(definition.namespaced && { 'metadata.namespace': namespace ?? '' }),
    ...definition.strategy.fields?.(object),
  };
}

const NOTHING: StoredObject = {
  apiVersion: '',
  kind: '',
  metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
};

/** Selectable are the fields of the resource's own strategy or, without one, name and namespace. */
function checkFields(definition: ResourceDefinition, wanted: readonly Term[]): void {
  const own = definition.strategy.fields !== undefined;
  const known = own ? Object.keys(fieldsOf(definition, NOTHING)) : ['metadata.name', 'metadata.namespace'];
  const unknown = wanted.find(({ field }) => !known.includes(field));
  if (!unknown) return;
  throw badRequest(
    own
      ? `field label not supported: ${unknown.field}`
      : `"${unknown.field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

/**
 * Parses a selector; undefined if it selects everything.
 *
 * @throws StatusError 400, also for fields that are not selectable.
 */
export function fieldSelector(definition: ResourceDefinition, text: string): FieldSelector | undefined {
  const wanted = terms(text);
  if (wanted.length === 0) return undefined;
  checkFields(definition, wanted);
  return {
    name: wanted.find(({ field, equal }) => equal && field === 'metadata.name')?.value,
    matches: (object) => {
      const fields = fieldsOf(definition, object);
      return wanted.every(({ field, equal, value }) => ((fields[field] ?? '') === value) === equal);
    },
  };
}
