/** v1 ConfigMaps and Secrets. */

import { column, printer } from '../machinery/columns.ts';
import {
  type FieldError,
  forbidden,
  IMMUTABLE,
  invalid,
  invalidFor,
  required,
  tooLong,
} from '../machinery/field-error.ts';
import { configMapKey } from '../machinery/formats.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { isUnset, objectOf, sameValue, textMap, textOf, withMissing, without } from '../machinery/read.ts';
import { define } from './define.ts';

const MAX_BYTES = 1024 * 1024;
const FROZEN = 'field is immutable when `immutable` is set';

function keyErrors(path: string, data: JsonObject): readonly FieldError[] {
  return Object.keys(data).flatMap((key) => invalidFor(`${path}[${key}]`, key, configMapKey(key)));
}

function bytesOf(data: JsonObject, encoding: 'utf8' | 'base64'): number {
  return Object.values(data).reduce<number>((sum, value) => sum + Buffer.byteLength(textOf(value), encoding), 0);
}

/** Errors of changes to an immutable object. */
function frozenErrors(object: StoredObject, old: StoredObject, fields: readonly string[]): readonly FieldError[] {
  if (old.immutable !== true) return [];
  return [
    ...(object.immutable === true ? [] : [forbidden('immutable', FROZEN)]),
    ...fields.flatMap((field) => (sameValue(object[field], old[field]) ? [] : [forbidden(field, FROZEN)])),
  ];
}

function configMapErrors(object: StoredObject): readonly FieldError[] {
  const [data, binary] = [objectOf(object.data), objectOf(object.binaryData)];
  const both = Object.keys(data).flatMap((key) =>
    binary[key] === undefined ? [] : [invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')],
  );
  const size = bytesOf(data, 'utf8') + bytesOf(binary, 'base64');
  return [
    ...keyErrors('data', data),
    ...both,
    ...keyErrors('binaryData', binary),
    // The whole object is too large. The API server formats an empty path like this.
    ...(size > MAX_BYTES ? [tooLong('[]', MAX_BYTES)] : []),
  ];
}

export const configMaps = define({
  group: '',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  printer: printer([column('Data', 'Number of keys.')], (object) => [
    Object.keys(objectOf(object.data)).length + Object.keys(objectOf(object.binaryData)).length,
  ]),
  strategy: {
    validateCreate: configMapErrors,
    validateUpdate: (object, old) => [...frozenErrors(object, old, ['data', 'binaryData']), ...configMapErrors(object)],
  },
});

/** Required keys by Secret type. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};
const DOCKER_KEYS: Readonly<Record<string, string>> = {
  'kubernetes.io/dockercfg': '.dockercfg',
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
};
const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

function secretErrors(object: StoredObject): readonly FieldError[] {
  const data = objectOf(object.data);
  const type = textOf(object.type);
  const errors = [...keyErrors('data', data)];
  if (bytesOf(data, 'base64') > MAX_BYTES) errors.push(tooLong('data', MAX_BYTES));
  if (type === 'kubernetes.io/service-account-token' && !object.metadata.annotations?.[ACCOUNT_ANNOTATION]) {
    errors.push(required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`));
  }
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  for (const key of REQUIRED_KEYS[type] ?? []) {
    const empty = type === 'kubernetes.io/ssh-auth' ? isUnset(data[key]) : data[key] === undefined;
    if (empty) errors.push(required(`data[${key}]`));
  }
  const docker = DOCKER_KEYS[type];
  if (docker !== undefined && data[docker] !== undefined) {
    const problem = jsonProblem(Buffer.from(textOf(data[docker]), 'base64').toString());
    if (problem !== undefined) errors.push(invalid(`data[${docker}]`, '<secret contents redacted>', problem));
  }
  return errors;
}

/** The JSON decoder's message for the most common error, and an approximation for others. */
function jsonProblem(text: string): string | undefined {
  if (text === '') return 'unexpected end of JSON input';
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return `invalid character '${text.trimStart().charAt(0)}' looking for beginning of value`;
  }
}

/** Detects only values that contain no PEM block at all. */
function certificateWarnings(secret: StoredObject): readonly string[] {
  const { 'tls.crt': certificate } = objectOf(secret.data);
  if (secret.type !== 'kubernetes.io/tls' || certificate === undefined) return [];
  const pem = Buffer.from(textOf(certificate), 'base64').includes('-----BEGIN ');
  return pem ? [] : ['tls: failed to find any PEM data in certificate input'];
}

function withStringData(secret: JsonObject): JsonObject {
  const typed = withMissing(secret, { type: 'Opaque' });
  const strings = Object.entries(textMap(typed.stringData));
  if (typed.stringData === undefined) return typed;
  const encoded = Object.fromEntries(strings.map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  const rest = without(typed, 'stringData');
  return strings.length === 0 ? rest : { ...rest, data: { ...objectOf(rest.data), ...encoded } };
}

export const secrets = define({
  group: '',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  printer: printer([column('Type', 'Type of the Secret.'), column('Data', 'Number of keys.')], (object) => [
    textOf(object.type),
    Object.keys(objectOf(object.data)).length,
  ]),
  strategy: {
    defaults: withStringData,
    // An update without a type keeps the old one.
    prepareUpdate: (object, old) => (isUnset(object.type) ? { ...object, type: old.type } : object),
    validateCreate: secretErrors,
    validateUpdate: (object, old) => [
      ...(textOf(object.type) === textOf(old.type) ? [] : [invalid('type', object.type, IMMUTABLE)]),
      ...frozenErrors(object, old, ['data']),
      ...secretErrors(object),
    ],
    warnings: certificateWarnings,
    fields: (object) => ({ type: textOf(object.type) }),
  },
});
