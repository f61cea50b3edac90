/** Validation of metadata. Source: Kubernetes, apimachinery, api/validation/objectmeta. */

import type { FieldError } from '../machinery/field-error.ts';
import { forbidden, IMMUTABLE, invalid, invalidFor, required, tooLong } from '../machinery/field-error.ts';
import { label1035, label1123, labelValue, pathSegment, qualifiedName, subdomain1123 } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import type { Owner, StoredMetadata } from '../machinery/object.ts';
import type { NameRule, ResourceDefinition } from '../machinery/resource.ts';

const RULES: Readonly<Record<NameRule, (name: string) => readonly string[]>> = {
  subdomain: subdomain1123,
  label: label1123,
  label1035,
  segment: pathSegment,
};

const MAX_ANNOTATION_BYTES = 256 * 1024;
const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
/** Finalizers without a domain, allowed on built-in resources. */
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', ORPHAN, FOREGROUND]);

/** Entries sorted by key, independent of the client's order. */
function entries<T>(map: Readonly<Record<string, T>> | undefined): readonly (readonly [string, T])[] {
  return Object.entries(map ?? {});
}

function labelErrors(labels: StoredMetadata['labels']): readonly FieldError[] {
  const path = 'metadata.labels';
  return entries(labels).flatMap(([key, value]) => [
    ...invalidFor(path, key, qualifiedName(key)),
    ...invalidFor(path, value, labelValue(value)),
  ]);
}

function annotationErrors(annotations: StoredMetadata['annotations']): readonly FieldError[] {
  const path = 'metadata.annotations';
  const errors = entries(annotations).flatMap(([key]) => invalidFor(path, key, qualifiedName(key.toLowerCase())));
  const size = entries(annotations).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  return size > MAX_ANNOTATION_BYTES ? [...errors, tooLong(path, MAX_ANNOTATION_BYTES)] : errors;
}

/** An owner reference as printed by Go. */
function ownerJson(owner: Owner): JsonObject {
  return { ...owner };
}

function ownerErrors(owners: readonly Owner[]): readonly FieldError[] {
  const path = 'metadata.ownerReferences';
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const owner of owners) {
    const text = (field: keyof Owner): string => {
      const value = owner[field];
      return typeof value === 'string' ? value : '';
    };
    if ((text('apiVersion').split('/').at(-1) ?? '') === '')
      errors.push(invalid(`${path}.apiVersion`, text('apiVersion'), 'version must not be empty'));
    for (const field of ['kind', 'name', 'uid'] as const)
      if (text(field) === '') errors.push(invalid(`${path}.${field}`, '', 'must not be empty'));
    if (owner.apiVersion === 'v1' && owner.kind === 'Event')
      errors.push(invalid(path, ownerJson(owner), '/v1, Kind=Event is disallowed from being an owner'));
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller === undefined) controller = name;
    else {
      const words = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalid(path, owners.map(ownerJson), words));
    }
  }
  return errors;
}

function finalizerErrors(definition: ResourceDefinition, finalizers: readonly string[]): readonly FieldError[] {
  const path = 'metadata.finalizers';
  const errors = finalizers.flatMap((finalizer) => invalidFor(path, finalizer, qualifiedName(finalizer)));
  if (finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND)) {
    const words = `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`;
    errors.push(invalid(path, [...finalizers], words));
  }
  if (!definition.custom) {
    for (const [index, finalizer] of finalizers.entries()) {
      if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) continue;
      const words = 'name is neither a standard finalizer name nor is it fully qualified';
      errors.push(invalid(`${path}[${index}]`, finalizer, words));
    }
  }
  return errors;
}

/** Generated names are validated by their prefix, whose trailing dashes are allowed. */
function withoutDashes(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix;
}

export function metadataErrors(definition: ResourceDefinition, metadata: StoredMetadata): readonly FieldError[] {
  const rule = RULES[definition.names ?? 'subdomain'];
  const { name, generateName = '', namespace } = metadata;
  const errors: FieldError[] = [];
  if (generateName !== '') {
    errors.push(...invalidFor('metadata.generateName', generateName, rule(withoutDashes(generateName))));
  }
  if (name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...invalidFor('metadata.name', name, rule(name)));
  if (definition.namespaced && namespace !== undefined)
    errors.push(...invalidFor('metadata.namespace', namespace, label1123(namespace)));
  return [
    ...errors,
    ...labelErrors(metadata.labels),
    ...annotationErrors(metadata.annotations),
    ...ownerErrors(metadata.ownerReferences ?? []),
    ...finalizerErrors(definition, metadata.finalizers ?? []),
  ];
}

/** Errors of updated metadata. */
export function metadataUpdateErrors(metadata: StoredMetadata, old: StoredMetadata): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer)).toSorted();
    if (added.length > 0) {
      const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
      const words = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      errors.push(forbidden('metadata.finalizers', words));
    }
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0))
    errors.push(invalid('metadata.generation', metadata.generation ?? 0, 'must not be decremented'));
  for (const field of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    const value: Json = metadata[field] ?? null;
    if (value !== (old[field] ?? null)) errors.push(invalid(`metadata.${field}`, value, IMMUTABLE));
  }
  return [
    ...errors,
    ...labelErrors(metadata.labels),
    ...annotationErrors(metadata.annotations),
    ...ownerErrors(metadata.ownerReferences ?? []),
  ];
}
