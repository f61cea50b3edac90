/** v1 Namespaces. */

import { column, printer } from '../machinery/columns.ts';
import { type FieldError, invalid, invalidFor } from '../machinery/field-error.ts';
import { qualifiedName } from '../machinery/formats.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { at, objectOf, textOf, textsOf, withMissing, withObject } from '../machinery/read.ts';
import { define } from './define.ts';

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function finalizerErrors(namespace: StoredObject): readonly FieldError[] {
  const path = 'spec.finalizers';
  return textsOf(at(namespace.spec, 'finalizers')).flatMap((name) => [
    ...invalidFor(path, name, qualifiedName(name)),
    ...(name.includes('/') || STANDARD_FINALIZERS.has(name)
      ? []
      : [invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')]),
  ]);
}

function namespaceDefaults(namespace: JsonObject): JsonObject {
  const name = textOf(objectOf(namespace.metadata).name);
  const labelled =
    name === '' ? namespace : withObject(namespace, 'metadata', (metadata) => withNameLabel(metadata, name));
  return { ...labelled, status: withMissing(objectOf(labelled.status), { phase: 'Active' }) };
}

function withNameLabel(metadata: JsonObject, name: string): JsonObject {
  return { ...metadata, labels: { ...objectOf(metadata.labels), 'kubernetes.io/metadata.name': name } };
}

function phaseErrors(namespace: StoredObject): readonly FieldError[] {
  const phase = textOf(at(namespace.status, 'phase'));
  const going = namespace.metadata.deletionTimestamp !== undefined;
  const wanted = going ? 'Terminating' : 'Active';
  const not = going ? 'not ' : '';
  return phase === wanted
    ? []
    : [invalid('status.Phase', phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${not}empty`)];
}

/** Namespaces. They are deleted by the namespace controller, which removes `kubernetes` from `spec.finalizers`. */
export const namespaces = define({
  group: '',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  names: 'label',
  returnsDeleted: true,
  status: true,
  printer: printer([column('Status', 'Whether the namespace is active or terminating.')], (namespace) => [
    textOf(at(namespace.status, 'phase')),
  ]),
  strategy: {
    defaults: namespaceDefaults,
    prepareCreate(namespace) {
      const finalizers = textsOf(at(namespace.spec, 'finalizers'));
      const spec = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
      // A generated name is not known before this point.
      const labels = { ...namespace.metadata.labels, 'kubernetes.io/metadata.name': namespace.metadata.name };
      return {
        ...namespace,
        metadata: { ...namespace.metadata, labels },
        spec: { ...objectOf(namespace.spec), finalizers: spec },
        status: { phase: 'Active' },
      };
    },
    prepareUpdate: (namespace, old) => ({
      ...namespace,
      spec: { ...objectOf(namespace.spec), finalizers: at(old.spec, 'finalizers') },
    }),
    validateCreate: finalizerErrors,
    validateStatus: phaseErrors,
    fields: (namespace) => ({
      name: namespace.metadata.name,
      'status.phase': textOf(at(namespace.status, 'phase')),
    }),
  },
});
