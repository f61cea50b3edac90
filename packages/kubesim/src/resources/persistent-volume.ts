/** v1 PersistentVolumes and PersistentVolumeClaims. */

import { AGE, age, column, NAME, wide } from '../machinery/columns.ts';
import { type FieldError, forbidden, invalid, invalidFor, notSupported, required } from '../machinery/field-error.ts';
import { subdomain1123 } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { quantityValue } from '../machinery/quantity.ts';
import {
  at,
  isUnset,
  objectOf,
  sameValue,
  textOf,
  textsOf,
  withMissing,
  withObject,
  without,
} from '../machinery/read.ts';
import { define } from './define.ts';
import { selectorErrors } from './selector-rules.ts';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'] as const;
const SHORT_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const POLICIES = ['Delete', 'Recycle', 'Retain'] as const;
const VOLUME_MODES = ['Block', 'Filesystem'] as const;

function modesText(modes: Json | undefined): string {
  const given = textsOf(modes);
  return Object.entries(SHORT_MODES)
    .flatMap(([mode, short]) => (given.includes(mode) ? [short] : []))
    .join(',');
}

function modeErrors(path: string, modes: Json | undefined, none: string): readonly FieldError[] {
  const given = textsOf(modes);
  const known = given.flatMap((mode) => (MODES.some((one) => one === mode) ? [] : [notSupported(path, mode, MODES)]));
  const alone = given.includes('ReadWriteOncePod') && given.length > 1;
  return [
    ...(given.length === 0 ? [required(path, none)] : []),
    ...known,
    ...(alone ? [forbidden(path, 'may not use ReadWriteOncePod with other access modes')] : []),
  ];
}

/** Errors of `storage`, which must be greater than zero. */
function sizeErrors(path: string, size: Json | undefined): readonly FieldError[] {
  const value = quantityValue(`${size}`) ?? 0;
  return value > 0 ? [] : [invalid(path, `${size}`, 'must be greater than zero')];
}

/** Defaults of a claim or a claim template. */
export function claimDefaults(claim: JsonObject): JsonObject {
  const given = withMissing(claim, { spec: {}, status: {} });
  const moded = withObject(given, 'spec', (spec) => withMissing(spec, { volumeMode: 'Filesystem' }));
  return withObject(moded, 'status', (status) => withMissing(status, { phase: 'Pending' }));
}

export function claimSpecErrors(path: string, spec: JsonObject): readonly FieldError[] {
  const size = at(spec.resources, 'requests', 'storage');
  const mode = spec.volumeMode;
  const storageClass = textOf(spec.storageClassName);
  return [
    ...selectorErrors(`${path}.selector`, objectOf(spec.selector)),
    ...modeErrors(`${path}.accessModes`, spec.accessModes, 'at least 1 access mode is required'),
    ...(size === undefined ? [required(`${path}.resources[storage]`)] : sizeErrors(`${path}.resources[storage]`, size)),
    ...(storageClass === '' ? [] : invalidFor(`${path}.storageClassName`, storageClass, subdomain1123(storageClass))),
    ...(isUnset(mode) || VOLUME_MODES.some((one) => one === mode)
      ? []
      : [notSupported(`${path}.volumeMode`, mode, VOLUME_MODES)]),
  ];
}

function claimChangeErrors(claim: StoredObject, old: StoredObject): readonly FieldError[] {
  const bare = (one: StoredObject): JsonObject =>
    withObject(without(objectOf(one.spec), 'volumeAttributesClassName'), 'resources', (resources) =>
      without(resources, 'requests'),
    );
  // The controller sets the volume name when it binds a claim.
  const bound = (one: StoredObject): JsonObject =>
    isUnset(at(old.spec, 'volumeName')) ? without(bare(one), 'volumeName', 'storageClassName') : bare(one);
  if (sameValue(bound(claim), bound(old))) return [];
  const words =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [forbidden('spec', words)];
}

export const persistentVolumeClaims = define({
  group: '',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
  returnsDeleted: true,
  status: true,
  printer: {
    columns: [
      NAME,
      column('Status', 'Whether the claim is bound.'),
      column('Volume', 'Volume bound to the claim.'),
      column('Capacity', 'Capacity of the volume.'),
      column('Access Modes', 'Access modes of the volume.'),
      column('StorageClass', 'StorageClass.'),
      column('VolumeAttributesClass', 'VolumeAttributesClass.'),
      AGE,
      wide('VolumeMode', 'Filesystem or Block.'),
    ],
    row(claim, now) {
      const spec = objectOf(claim.spec);
      const status = objectOf(claim.status);
      const bound = !isUnset(spec.volumeName);
      return [
        claim.metadata.name,
        claim.metadata.deletionTimestamp === undefined ? textOf(status.phase) : 'Terminating',
        textOf(spec.volumeName),
        bound ? `${at(status.capacity, 'storage') ?? 0}` : '',
        bound ? modesText(status.accessModes) : '',
        classText(claim),
        textOf(spec.volumeAttributesClassName) || '<unset>',
        age(claim, now),
        textOf(spec.volumeMode) || '<unset>',
      ];
    },
  },
  strategy: {
    defaults: claimDefaults,
    prepareCreate: (claim) => withFinalizer({ ...claim, status: { phase: 'Pending' } }, 'kubernetes.io/pvc-protection'),
    validateCreate: (claim) => claimSpecErrors('spec', objectOf(claim.spec)),
    validateUpdate: (claim, old) => [
      ...claimSpecErrors('spec', objectOf(claim.spec)),
      ...claimChangeErrors(claim, old),
    ],
  },
});

function withFinalizer(object: StoredObject, finalizer: string): StoredObject {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(finalizer)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } };
}

function classText(object: StoredObject): string {
  const beta = object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  return beta ?? textOf(at(object.spec, 'storageClassName'));
}

const SOURCES = ['hostPath', 'nfs', 'local', 'csi', 'iscsi', 'fc'] as const;

function volumeErrors(volume: StoredObject): readonly FieldError[] {
  const spec = objectOf(volume.spec);
  const size = at(spec.capacity, 'storage');
  const [source, ...others] = SOURCES.filter((one) => !isUnset(spec[one]));
  const policy = spec.persistentVolumeReclaimPolicy;
  return [
    ...modeErrors('spec.accessModes', spec.accessModes, ''),
    ...(Object.keys(objectOf(spec.capacity)).length === 0 ? [required('spec.capacity')] : []),
    ...(size === undefined ? [notSupported('spec.capacity', spec.capacity, ['storage'])] : []),
    ...(size === undefined ? [] : sizeErrors('spec.capacity[storage]', size)),
    ...(isUnset(policy) || POLICIES.some((one) => one === policy)
      ? []
      : [notSupported('spec.persistentVolumeReclaimPolicy', policy, POLICIES)]),
    ...others.map((one) => forbidden(`spec.${one}`, 'may not specify more than 1 volume type')),
    ...(source === undefined ? [required('spec', 'must specify a volume type')] : []),
  ];
}

export const persistentVolumes = define({
  group: '',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
  returnsDeleted: true,
  status: true,
  printer: {
    columns: [
      NAME,
      column('Capacity', 'Capacity of the volume.'),
      column('Access Modes', 'Access modes of the volume.'),
      column('Reclaim Policy', 'What happens to the volume when its claim is deleted.'),
      column('Status', 'Whether the volume is bound.'),
      column('Claim', 'Claim bound to the volume.'),
      column('StorageClass', 'StorageClass.'),
      column('VolumeAttributesClass', 'VolumeAttributesClass.'),
      column('Reason', 'Reason for the current status.'),
      AGE,
      wide('VolumeMode', 'Filesystem or Block.'),
    ],
    row(volume, now) {
      const spec = objectOf(volume.spec);
      const claim = objectOf(spec.claimRef);
      return [
        volume.metadata.name,
        `${at(spec.capacity, 'storage') ?? 0}`,
        modesText(spec.accessModes),
        textOf(spec.persistentVolumeReclaimPolicy),
        volume.metadata.deletionTimestamp === undefined ? textOf(at(volume.status, 'phase')) : 'Terminating',
        isUnset(spec.claimRef) ? '' : `${textOf(claim.namespace)}/${textOf(claim.name)}`,
        classText(volume),
        textOf(spec.volumeAttributesClassName) || '<unset>',
        textOf(at(volume.status, 'reason')),
        age(volume, now),
        textOf(spec.volumeMode) || '<unset>',
      ];
    },
  },
  strategy: {
    defaults(volume) {
      const given = withMissing(volume, { spec: {}, status: {} });
      const status = withObject(given, 'status', (one) => withMissing(one, { phase: 'Pending' }));
      return withObject(status, 'spec', (spec) =>
        withObject(
          withMissing(spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }),
          'hostPath',
          (path) => (path.type === undefined ? { ...path, type: '' } : path),
        ),
      );
    },
    prepareCreate: (volume, { now }) =>
      withFinalizer(
        {
          ...volume,
          status: { phase: 'Pending', lastPhaseTransitionTime: `${new Date(now).toISOString().slice(0, 19)}Z` },
        },
        'kubernetes.io/pv-protection',
      ),
    validateCreate: volumeErrors,
    validateUpdate: volumeErrors,
  },
});
