/** apps/v1 StatefulSets. */

import { CONTAINERS, column, containerCells, printer } from '../machinery/columns.ts';
import { type FieldError, forbidden, invalid, invalidFor, notSupported, required } from '../machinery/field-error.ts';
import { label1123 } from '../machinery/formats.ts';
import type { JsonObject } from '../machinery/json.ts';
import { annotationErrors, labelErrors } from '../machinery/labels.ts';
import type { StoredObject } from '../machinery/object.ts';
import {
  isUnset,
  numberOf,
  objectOf,
  objectsOf,
  sameValue,
  textOf,
  withEach,
  withMissing,
  withObject,
  without,
} from '../machinery/read.ts';
import { define } from './define.ts';
import { claimDefaults, claimSpecErrors } from './persistent-volume.ts';
import { templateDefaults } from './pod-defaults.ts';
import { podWarnings } from './warnings.ts';
import {
  countErrors,
  excessErrors,
  ownSelectorErrors,
  ownTemplateErrors,
  podPolicyErrors,
  SCALE,
  shareErrors,
  shareValue,
  statusErrors,
  templateMatchErrors,
} from './workload-rules.ts';

const RETENTIONS = ['Retain', 'Delete'] as const;

function specOf(set: StoredObject): JsonObject {
  return objectOf(set.spec);
}

function setDefaults(set: JsonObject): JsonObject {
  return withObject(withMissing(set, { spec: {} }), 'spec', (given) => {
    const spec = withMissing(templateDefaults(given), {
      podManagementPolicy: 'OrderedReady',
      updateStrategy: {},
      persistentVolumeClaimRetentionPolicy: {},
      replicas: 1,
      revisionHistoryLimit: 10,
    });
    const strategy = withObject(spec, 'updateStrategy', (update) => {
      const typed = isUnset(update.type) ? withMissing(update, { type: 'RollingUpdate', rollingUpdate: {} }) : update;
      return typed.type === 'RollingUpdate'
        ? withObject(typed, 'rollingUpdate', (rolling) => withMissing(rolling, { partition: 0 }))
        : typed;
    });
    const retained = withObject(strategy, 'persistentVolumeClaimRetentionPolicy', (policy) =>
      withMissing(policy, { whenDeleted: 'Retain', whenScaled: 'Retain' }),
    );
    return withEach(retained, 'volumeClaimTemplates', (claim) =>
      withMissing(claimDefaults(claim), { apiVersion: 'v1', kind: 'PersistentVolumeClaim' }),
    );
  });
}

function updateErrors(strategy: JsonObject): readonly FieldError[] {
  const path = 'spec.updateStrategy';
  const rolling = strategy.rollingUpdate;
  if (isUnset(strategy.type)) return [required(path)];
  if (strategy.type === 'OnDelete') {
    // The message contains Go's representation.
    const value = {
      Partition: numberOf(objectOf(rolling).partition),
      MaxUnavailable: objectOf(rolling).maxUnavailable ?? null,
    };
    return isUnset(rolling)
      ? []
      : [invalid(`${path}.rollingUpdate`, value, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (strategy.type !== 'RollingUpdate') {
    const value = { Type: strategy.type, RollingUpdate: rolling ?? null };
    return [invalid(path, value, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  const { partition, maxUnavailable } = objectOf(rolling);
  const most = `${path}.rollingUpdate.maxUnavailable`;
  return [
    ...countErrors(`${path}.rollingUpdate.partition`, partition),
    ...(isUnset(maxUnavailable)
      ? []
      : [
          ...shareErrors(most, maxUnavailable),
          ...(shareValue(maxUnavailable) === 0 ? [invalid(most, maxUnavailable, 'cannot be 0')] : []),
          ...excessErrors(most, maxUnavailable),
        ]),
  ];
}

/** The template of the resulting pod: with volumes for the claims; the controller sets hostname and subdomain. */
function effective(spec: JsonObject): JsonObject {
  const claims = objectsOf(spec.volumeClaimTemplates).map((claim) => textOf(objectOf(claim.metadata).name));
  const volumes = claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return withObject(spec, 'template', (template) =>
    withObject(template, 'spec', (pod) => ({
      ...without(pod, 'hostname', 'subdomain'),
      volumes: [...volumes, ...objectsOf(pod.volumes).filter((one) => !claims.includes(textOf(one.name)))],
    })),
  );
}

function setErrors(set: StoredObject, old: StoredObject | undefined): readonly FieldError[] {
  const spec = specOf(set);
  const policy = spec.podManagementPolicy;
  const retention = objectOf(spec.persistentVolumeClaimRetentionPolicy);
  const template = objectOf(objectOf(spec.template).metadata);
  const name = textOf(spec.serviceName);
  return [
    ...(policy === 'OrderedReady' || policy === 'Parallel'
      ? []
      : [invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")]),
    ...updateErrors(objectOf(spec.updateStrategy)),
    ...['whenDeleted', 'whenScaled'].flatMap((field) =>
      RETENTIONS.some((one) => one === retention[field])
        ? []
        : [notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, retention[field], RETENTIONS)],
    ),
    ...(old
      ? []
      : objectsOf(spec.volumeClaimTemplates).flatMap((claim, i) =>
          claimSpecErrors(`spec.volumeClaimTemplates[${i}].spec`, objectOf(claim.spec)),
        )),
    ...countErrors('spec.replicas', spec.replicas),
    ...countErrors('spec.minReadySeconds', spec.minReadySeconds),
    ...countErrors('spec.ordinals.start', objectOf(spec.ordinals).start),
    ...(old || name === '' ? [] : invalidFor('spec.serviceName', name, label1123(name))),
    ...ownSelectorErrors(spec, 'statefulset'),
    ...templateMatchErrors(spec, '', (one) => [
      ...ownTemplateErrors(effective(one)),
      // Validated twice for StatefulSets.
      ...labelErrors('spec.template.labels', template.labels),
      ...annotationErrors('spec.template.annotations', template.annotations),
    ]),
    ...podPolicyErrors(spec, 'StatefulSet'),
  ];
}

function setWarnings(set: StoredObject): readonly string[] {
  const negative = numberOf(specOf(set).revisionHistoryLimit) < 0;
  const words = 'a negative value retains all historical revisions; a value >= 0 is recommended';
  return [
    ...podWarnings('spec.template.spec', objectOf(objectOf(specOf(set).template).spec)),
    ...(negative ? [`spec.revisionHistoryLimit: ${words}`] : []),
  ];
}

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

function changeErrors(set: StoredObject, old: StoredObject): readonly FieldError[] {
  if (sameValue(without(specOf(set), ...MUTABLE), without(specOf(old), ...MUTABLE))) return [];
  const names = MUTABLE.map((field) => `'${field}'`);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return [forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
}

export const statefulSets = define({
  group: 'apps',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  names: 'label',
  status: true,
  generation: true,
  scale: SCALE,
  printer: printer([column('Ready', 'Number of ready pods out of the desired number.'), ...CONTAINERS], (set) => [
    `${numberOf(objectOf(set.status).readyReplicas)}/${numberOf(specOf(set).replicas)}`,
    ...containerCells(specOf(set)),
  ]),
  strategy: {
    defaults: setDefaults,
    prepareCreate: (set) => ({ ...set, status: { replicas: 0, availableReplicas: 0 } }),
    validateCreate: (set) => setErrors(set, undefined),
    warnings: setWarnings,
    validateUpdate: (set, old) => [...setErrors(set, old), ...changeErrors(set, old)],
    validateStatus: ({ status }) =>
      statusErrors(
        objectOf(status),
        ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration'],
        ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
        'status.readyReplicas',
      ),
  },
});
