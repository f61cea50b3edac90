/** storage.k8s.io/v1 StorageClasses. */

import { AGE, age, column, NAME } from '../machinery/columns.ts';
import { type FieldError, forbidden, IMMUTABLE, invalid, notSupported, required } from '../machinery/field-error.ts';
import { qualifiedName } from '../machinery/formats.ts';
import type { StoredObject } from '../machinery/object.ts';
import { sameValue, textOf, withMissing } from '../machinery/read.ts';
import { define } from './define.ts';

function classErrors(storageClass: StoredObject): readonly FieldError[] {
  const provisioner = textOf(storageClass.provisioner);
  const mode = storageClass.volumeBindingMode;
  const policy = storageClass.reclaimPolicy;
  return [
    ...(provisioner === ''
      ? [required('provisioner')]
      : qualifiedName(provisioner.toLowerCase()).map((problem) => invalid('provisioner', provisioner, problem))),
    ...(policy === 'Delete' || policy === 'Retain'
      ? []
      : [notSupported('reclaimPolicy', policy, ['Delete', 'Retain'])]),
    ...(mode === 'Immediate' || mode === 'WaitForFirstConsumer'
      ? []
      : [notSupported('volumeBindingMode', mode, ['Immediate', 'WaitForFirstConsumer'])]),
  ];
}

const FIXED = [
  ['parameters', 'updates to parameters are forbidden.'],
  ['provisioner', 'updates to provisioner are forbidden.'],
  ['reclaimPolicy', undefined],
  ['volumeBindingMode', undefined],
] as const;

function classChangeErrors(storageClass: StoredObject, old: StoredObject): readonly FieldError[] {
  return FIXED.flatMap(([field, words]) => {
    if (sameValue(storageClass[field], old[field])) return [];
    return [words === undefined ? invalid(field, storageClass[field], IMMUTABLE) : forbidden(field, words)];
  });
}

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

export const storageClasses = define({
  group: 'storage.k8s.io',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  returnsDeleted: true,
  printer: {
    columns: [
      NAME,
      column('Provisioner', 'Provisioner of the volumes.'),
      column('ReclaimPolicy', 'What happens to a volume when its claim is deleted.'),
      column('VolumeBindingMode', 'When volumes are bound.'),
      column('AllowVolumeExpansion', 'Whether volumes can be expanded.'),
      AGE,
    ],
    row(storageClass, now) {
      const { name, annotations } = storageClass.metadata;
      return [
        annotations?.[DEFAULT_CLASS] === 'true' ? `${name} (default)` : name,
        textOf(storageClass.provisioner),
        textOf(storageClass.reclaimPolicy),
        textOf(storageClass.volumeBindingMode),
        storageClass.allowVolumeExpansion === true,
        age(storageClass, now),
      ];
    },
  },
  strategy: {
    defaults: (storageClass) => withMissing(storageClass, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
    validateCreate: classErrors,
    validateUpdate: (storageClass, old) => [...classErrors(storageClass), ...classChangeErrors(storageClass, old)],
  },
});
