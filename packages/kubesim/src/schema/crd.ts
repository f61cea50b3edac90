/**
 * The CustomResourceDefinition resource. Names are accepted and the CRD is established when it is stored; in
 * Kubernetes, a controller sets these conditions asynchronously.
 */

import { column, NAME } from '../machinery/columns.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { isList, isObject, members } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';
import type { ResourceDefinition, StrategyContext } from '../machinery/resource.ts';
import { builtinSchema } from './builtins.ts';
import { validateCrd, validateCrdUpdate } from './crd-validation.ts';

export { customResource } from './custom-resource.ts';

const RESOURCE = 'apiextensions.k8s.io/customresourcedefinitions';

export const customResourceDefinitions: ResourceDefinition = {
  group: 'apiextensions.k8s.io',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  kind: 'CustomResourceDefinition',
  listKind: 'CustomResourceDefinitionList',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  versions: [
    {
      name: 'v1',
      schema: builtinSchema('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition'),
      printer: {
        columns: [NAME, column('Created At', 'Creation time of the object.', 'date')],
        row: ({ metadata }) => [metadata.name, metadata.creationTimestamp],
      },
    },
  ],
  storageVersion: 'v1',
  status: true,
  generation: true,
  versionedUpdates: true,
  strategy: {
    defaults: withNames,
    prepareCreate: (object, context) => ({ ...object, status: accepted(object, undefined, context) }),
    prepareUpdate: (object, old, context) => ({ ...object, status: accepted(object, old, context) }),
    validateCreate: (object) => validateCrd(object),
    validateUpdate: (object, old) => validateCrdUpdate(object, old),
    warnings: crdWarnings,
  },
};

export function isEstablished(crd: JsonObject): boolean {
  return objectsOf(objectOf(crd.status).conditions).some(
    ({ type, status }) => type === 'Established' && status === 'True',
  );
}

/** Defaults spec.names and spec.conversion. */
function withNames(crd: JsonObject): JsonObject {
  const spec = objectOf(crd.spec);
  const names = objectOf(spec.names);
  const kind = textOf(names.kind);
  const singular = textOf(names.singular) || kind.toLowerCase();
  const listKind = textOf(names.listKind) || (kind === '' ? '' : `${kind}List`);
  return {
    ...crd,
    spec: {
      ...spec,
      names: { ...names, ...(singular !== '' && { singular }), ...(listKind !== '' && { listKind }) },
      conversion: spec.conversion ?? { strategy: 'None' },
    },
  };
}

/** The status: accepted names, and all versions in which objects were ever stored. */
function accepted(object: StoredObject, old: StoredObject | undefined, context: StrategyContext): JsonObject {
  const { names = {}, group, versions } = objectOf(object.spec);
  const before = objectOf(old?.status);
  const storage = objectsOf(versions).find((version) => version.storage === true);
  const stored = new Set([...textsOf(before.storedVersions), ...(storage ? [textOf(storage.name)] : [])]);
  const taken = takenName(object, textOf(group), objectOf(names), context);
  const condition = (type: string, status: 'True' | 'False', reason: string, message: string): JsonObject => {
    const last = objectsOf(before.conditions).find((one) => one.type === type && one.status === status);
    const lastTransitionTime = last?.lastTransitionTime ?? new Date(context.now).toISOString().replace(/\.\d+Z$/, 'Z');
    return { type, status, lastTransitionTime, reason, message };
  };
  const conditions = taken
    ? [
        condition('NamesAccepted', 'False', taken.reason, taken.message),
        condition('Established', 'False', 'NotAccepted', 'not all names are accepted'),
      ]
    : [
        condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ];
  return {
    conditions,
    acceptedNames: taken ? (before.acceptedNames ?? { plural: '', kind: '' }) : names,
    storedVersions: [...stored],
  };
}

/** The first name already used by another CRD in the group. */
function takenName(object: StoredObject, group: string, names: JsonObject, context: StrategyContext) {
  const used = new Map<string, string>();
  for (const other of context.list(RESOURCE)) {
    const { acceptedNames } = objectOf(other.status);
    if (other.metadata.name === object.metadata.name || objectOf(other.spec).group !== group) continue;
    const { plural, singular, shortNames, kind, listKind } = objectOf(acceptedNames);
    for (const name of [plural, singular, ...textsOf(shortNames)]) used.set(`resource ${textOf(name)}`, textOf(name));
    for (const name of [kind, listKind]) used.set(`kind ${textOf(name)}`, textOf(name));
  }
  const { plural, singular, shortNames, kind, listKind } = names;
  const tries: readonly (readonly [reason: string, kind: 'resource' | 'kind', name: string])[] = [
    ['PluralConflict', 'resource', textOf(plural)],
    ['SingularConflict', 'resource', textOf(singular)],
    ...textsOf(shortNames).map((name) => ['ShortNamesConflict', 'resource', name] as const),
    ['KindConflict', 'kind', textOf(kind)],
    ['ListKindConflict', 'kind', textOf(listKind)],
  ];
  const found = tries.find(([, what, name]) => name !== '' && used.has(`${what} ${name}`));
  return found && { reason: found[0], message: `${JSON.stringify(found[2])} is already in use` };
}

/** Warnings about validation rules that are not evaluated. */
export function crdWarnings(crd: JsonObject): readonly string[] {
  return objectsOf(objectOf(crd.spec).versions).flatMap((version, index) => {
    const { openAPIV3Schema } = objectOf(version.schema);
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    return rulesIn(openAPIV3Schema, path).map(
      (place) => `${place}.x-kubernetes-validations: kubesim does not evaluate CEL rules`,
    );
  });
}

function rulesIn(schema: Json | undefined, path: string): readonly string[] {
  if (!isObject(schema)) return [];
  const { properties, items, additionalProperties, 'x-kubernetes-validations': rules } = schema;
  return [
    ...(isList(rules) && rules.length > 0 ? [path] : []),
    ...members(objectOf(properties)).flatMap(([name, child]) => rulesIn(child, `${path}.properties[${name}]`)),
    ...rulesIn(items, `${path}.items`),
    ...rulesIn(additionalProperties, `${path}.additionalProperties`),
  ];
}
