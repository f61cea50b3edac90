/**
 * Validation of CustomResourceDefinitions, with the messages of the API server. Schemas are validated in
 * schema-rules.ts and structural.ts. Not validated: CEL rules, conversion webhooks, selectable fields, approval of
 * kubernetes.io groups.
 */

import { type FieldError, forbidden, IMMUTABLE, invalid, notSupported, required } from '../machinery/field-error.ts';
import { label1035, subdomain1123 } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { equalJson, isObject, isZero, members } from '../machinery/json.ts';
import { objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';
import { schemaErrors } from './schema-rules.ts';
import { structuralErrors } from './structural.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

/** Validates a new CRD. */
export function validateCrd(crd: JsonObject): readonly FieldError[] {
  const spec = objectOf(crd.spec);
  const names = objectOf(spec.names);
  const name = textOf(objectOf(crd.metadata).name);
  const right = name === `${textOf(names.plural)}.${textOf(spec.group)}`;
  return [
    ...(right ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
    ...specErrors(spec),
    ...(objectsOf(spec.versions).some(({ storage }) => storage === true)
      ? []
      : [invalid('status.storedVersions', null, 'must have at least one stored version')]),
  ];
}

/** Validates an update of a CRD. */
export function validateCrdUpdate(crd: JsonObject, old: JsonObject): readonly FieldError[] {
  const spec = objectOf(crd.spec);
  const before = objectOf(old.spec);
  const names = objectOf(spec.names);
  const namesBefore = objectOf(before.names);
  const same = (path: string, value: Json | undefined, other: Json | undefined): readonly FieldError[] =>
    value === other ? [] : [invalid(path, value, IMMUTABLE)];
  return [
    ...specErrors(spec),
    ...same('spec.scope', spec.scope, before.scope),
    ...same('spec.names.kind', names.kind, namesBefore.kind),
    ...same('spec.group', spec.group, before.group),
    ...same('spec.names.plural', names.plural, namesBefore.plural),
    ...storedErrors(objectOf(old.status), objectsOf(spec.versions)),
  ];
}

/** Versions in which objects were stored must not be removed. */
function storedErrors(status: JsonObject, versions: readonly JsonObject[]): readonly FieldError[] {
  return textsOf(status.storedVersions).flatMap((stored, index) => {
    if (versions.some(({ name }) => name === stored)) return [];
    const why = `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${stored} and removes ${stored} from status.storedVersions`;
    return [invalid(`status.storedVersions[${index}]`, stored, why)];
  });
}

function specErrors(spec: JsonObject): readonly FieldError[] {
  const group = textOf(spec.group);
  const versions = objectsOf(spec.versions);
  return [
    ...groupErrors(group),
    ...oneOf('spec.scope', textOf(spec.scope), ['Cluster', 'Namespaced']),
    ...versions.flatMap(({ schema }, index) =>
      isObject(objectOf(schema).openAPIV3Schema) ? [] : [required(`spec.versions[${index}].schema.openAPIV3Schema`)],
    ),
    ...versions.flatMap((version, index) => versionErrors(version, `spec.versions[${index}]`)),
    ...partErrors(versions, 'schema', 'spec.validation', validationErrors),
    ...partErrors(versions, 'subresources', 'spec.subresources', subresourceErrors),
    ...partErrors(versions, 'additionalPrinterColumns', 'spec.additionalPrinterColumns', columnsErrors),
    ...versionListErrors(versions),
    ...namesErrors(objectOf(spec.names)),
    ...oneOf('spec.conversion.strategy', textOf(objectOf(spec.conversion).strategy), ['None', 'Webhook']),
  ];
}

function groupErrors(group: string): readonly FieldError[] {
  if (group === '') return [required('spec.group')];
  const problems = subdomain1123(group);
  if (problems.length > 0) return [invalid('spec.group', group, problems.join(','))];
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function oneOf(path: string, value: string, allowed: readonly string[]): readonly FieldError[] {
  if (value === '') return [required(path)];
  return allowed.includes(value) ? [] : [notSupported(path, value, allowed)];
}

function versionListErrors(versions: readonly JsonObject[]): readonly FieldError[] {
  const names = versions.map(({ name }) => textOf(name));
  const errors: FieldError[] = [];
  if (new Set(names).size < names.length) {
    errors.push(invalid('spec.versions', [...versions], 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage === true).length !== 1) {
    const why = 'must have exactly one version marked as storage version';
    errors.push(invalid('spec.versions', [...versions], why));
  }
  return errors;
}

type Part = 'schema' | 'subresources' | 'additionalPrinterColumns';

/** If a part is identical in all versions, the API server reports its errors at the CRD's top level. */
function partErrors(
  versions: readonly JsonObject[],
  part: Part,
  common: string,
  check: (part: Json, path: string, version: JsonObject) => readonly FieldError[],
): readonly FieldError[] {
  const [first] = versions;
  const value = first?.[part];
  if (first && value !== undefined && versions.every((version) => equalJson(version[part], value))) {
    return check(value, common, first);
  }
  return versions.flatMap((version, index) => {
    const own = version[part];
    return own === undefined ? [] : check(own, `spec.versions[${index}].${part}`, version);
  });
}

function versionErrors(version: JsonObject, path: string): readonly FieldError[] {
  const name = textOf(version.name);
  const problems = label1035(name);
  const first = path.endsWith('[0]') ? ['spec.version'] : [];
  return [
    ...(problems.length > 0 ? [`${path}.name`, ...first].map((where) => invalid(where, name, problems.join(','))) : []),
    ...(version.deprecationWarning !== undefined && version.deprecated !== true
      ? [invalid(`${path}.deprecationWarning`, version.deprecationWarning, 'can only be set for deprecated versions')]
      : []),
  ];
}

/** Members allowed in a root schema if there is a status subresource, with their names in Go. */
const ROOT_FIELDS = [
  ...['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum'],
  ...['MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items'],
  ...['Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'],
];
const ROOT_KEYS: ReadonlySet<string> = new Set([
  ...ROOT_FIELDS.map((name) => `${name[0]?.toLowerCase()}${name.slice(1)}`),
  ...['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-validations'],
]);

function validationErrors(part: Json, path: string, version: JsonObject): readonly FieldError[] {
  const { openAPIV3Schema: schema } = isObject(part) ? part : {};
  const where = `${path}.openAPIV3Schema`;
  if (!isObject(schema)) return [];
  const errors: FieldError[] = [];
  if (isObject(objectOf(version.subresources).status)) {
    if (textOf(schema.type) !== '' && schema.type !== 'object') {
      const why = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      errors.push(invalid(`${where}.type`, schema.type, why));
    } else if (members(schema).some(([key, value]) => !isZero(value) && !ROOT_KEYS.has(key))) {
      const fields = ROOT_FIELDS.join(' ');
      const why = `only [${fields}] fields are allowed at the root of the schema if the status subresource is enabled`;
      errors.push(invalid(where, schema, why));
    }
  }
  if (schema.nullable === true) errors.push(forbidden(`${where}.nullable`, 'nullable cannot be true at the root'));
  return [...errors, ...structuralErrors(schema, where), ...schemaErrors(schema, where)];
}

function subresourceErrors(part: Json, path: string): readonly FieldError[] {
  const { scale } = isObject(part) ? part : {};
  return isObject(scale) ? scaleErrors(scale, `${path}.scale`) : [];
}

function columnsErrors(part: Json, path: string): readonly FieldError[] {
  return objectsOf(part).flatMap((column, index) => columnErrors(column, `${path}[${index}]`));
}

function scaleErrors(scale: JsonObject, path: string): readonly FieldError[] {
  const below = (field: string, roots: readonly string[], where: string): readonly FieldError[] => {
    const value = textOf(scale[field]);
    const simple = simplePathErrors(`${path}.${field}`, value);
    if (simple.length > 0 || roots.some((root) => value.startsWith(root))) return simple;
    return [invalid(`${path}.${field}`, value, `should be a json path under ${where}`)];
  };
  const needed = (field: string): readonly FieldError[] =>
    textOf(scale[field]) === '' ? [required(`${path}.${field}`)] : [];
  const selector = textOf(scale.labelSelectorPath) === '';
  return [
    ...(needed('specReplicasPath').length > 0
      ? needed('specReplicasPath')
      : below('specReplicasPath', ['.spec.'], '.spec')),
    ...(needed('statusReplicasPath').length > 0
      ? needed('statusReplicasPath')
      : below('statusReplicasPath', ['.status.'], '.status')),
    ...(selector ? [] : below('labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status')),
  ];
}

function simplePathErrors(path: string, value: string): readonly FieldError[] {
  return value.startsWith('.') ? [] : [invalid(path, value, 'must be a simple json path starting with .')];
}

function columnErrors(column: JsonObject, path: string): readonly FieldError[] {
  const type = textOf(column.type);
  const format = textOf(column.format);
  const jsonPath = textOf(column.jsonPath);
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  const errors: FieldError[] = [];
  if (textOf(column.name) === '') errors.push(required(`${path}.name`));
  if (type === '') errors.push(required(`${path}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(`${path}.type`, type, types));
  if (format !== '' && !COLUMN_FORMATS.includes(format)) {
    errors.push(invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  }
  if (jsonPath === '') errors.push(required(`${path}.JSONPath`));
  else errors.push(...simplePathErrors(`${path}.JSONPath`, jsonPath));
  return errors;
}

function namesErrors(names: JsonObject): readonly FieldError[] {
  const label = (field: string, value: string, mixed: boolean): readonly FieldError[] => {
    const problems = value === '' ? [] : label1035(mixed ? value.toLowerCase() : value);
    if (problems.length === 0) return [];
    const words = problems.join(',');
    const detail = mixed ? `may have mixed case, but should otherwise match: ${words}` : words;
    return [invalid(`spec.names.${field}`, value, detail)];
  };
  const kind = textOf(names.kind);
  const listKind = textOf(names.listKind);
  const plain = ['plural', 'singular', 'kind', 'listKind'] as const;
  return [
    ...plain.flatMap((field) => (textOf(names[field]) === '' ? [required(`spec.names.${field}`)] : [])),
    ...plain.flatMap((field) => label(field, textOf(names[field]), field === 'kind' || field === 'listKind')),
    ...textsOf(names.shortNames).flatMap((name, index) => label(`shortNames[${index}]`, name, false)),
    ...(kind !== '' && kind === listKind
      ? [invalid('spec.names.listKind', listKind, 'kind and listKind may not be the same')]
      : []),
    ...textsOf(names.categories).flatMap((name, index) => label(`categories[${index}]`, name, false)),
  ];
}
