/** apps/v1 Deployments and ReplicaSets. */

import { CONTAINERS, column, containerCells, printer, wide } from '../machinery/columns.ts';
import { type FieldError, forbidden, invalid, notSupported } from '../machinery/field-error.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { isUnset, numberOf, objectOf, sameValue, withMissing, withObject } from '../machinery/read.ts';
import { define } from './define.ts';
import { templateDefaults } from './pod-defaults.ts';
import { selectorText } from './selector-rules.ts';
import { hostnameWarnings, podWarnings } from './warnings.ts';
import {
  countErrors,
  excessErrors,
  ownSelectorErrors,
  ownTemplateErrors,
  podPolicyErrors,
  SCALE,
  selectorChangeErrors,
  shareErrors,
  shareValue,
  statusErrors,
  templateMatchErrors,
} from './workload-rules.ts';

const TYPES = ['Recreate', 'RollingUpdate'] as const;
const SHARE = '25%';

function specOf(object: StoredObject): JsonObject {
  return objectOf(object.spec);
}

function workloadWarnings(object: StoredObject): readonly string[] {
  return [
    ...hostnameWarnings(object, 'Pod names and hostnames'),
    ...podWarnings('spec.template.spec', objectOf(objectOf(specOf(object).template).spec)),
  ];
}

function deploymentDefaults(deployment: JsonObject): JsonObject {
  return withObject(withMissing(deployment, { spec: {} }), 'spec', (given) => {
    const spec = withMissing(templateDefaults(given), {
      replicas: 1,
      strategy: {},
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    return withObject(spec, 'strategy', (strategy) => {
      const typed = withMissing(strategy, { type: 'RollingUpdate' });
      if (typed.type !== 'RollingUpdate') return typed;
      return withObject(withMissing(typed, { rollingUpdate: {} }), 'rollingUpdate', (update) =>
        withMissing(update, { maxUnavailable: SHARE, maxSurge: SHARE }),
      );
    });
  });
}

function strategyErrors(strategy: JsonObject): readonly FieldError[] {
  const path = 'spec.strategy';
  const update = objectOf(strategy.rollingUpdate);
  if (strategy.type === 'Recreate') {
    return isUnset(strategy.rollingUpdate)
      ? []
      : [forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (strategy.type !== 'RollingUpdate') {
    // The message contains Go's representation.
    const value = { Type: strategy.type, RollingUpdate: strategy.rollingUpdate ?? null };
    return [notSupported(path, value, TYPES)];
  }
  const { maxUnavailable, maxSurge } = update;
  const unavailable = `${path}.rollingUpdate.maxUnavailable`;
  return [
    ...shareErrors(unavailable, maxUnavailable),
    ...shareErrors(`${path}.rollingUpdate.maxSurge`, maxSurge),
    ...(shareValue(maxUnavailable) === 0 && shareValue(maxSurge) === 0
      ? [invalid(unavailable, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...excessErrors(unavailable, maxUnavailable),
  ];
}

/** Validation of selector and template, shared by both kinds. */
function podErrors(spec: JsonObject): readonly FieldError[] {
  return [
    ...ownSelectorErrors(spec, 'deployment'),
    ...templateMatchErrors(spec, 'invalid label selector', (one) => [
      ...ownTemplateErrors(one),
      ...podPolicyErrors(one, 'ReplicaSet'),
    ]),
  ];
}

function deploymentErrors(deployment: StoredObject): readonly FieldError[] {
  const spec = specOf(deployment);
  const deadline = numberOf(spec.progressDeadlineSeconds);
  return [
    ...countErrors('spec.replicas', spec.replicas),
    ...podErrors(spec),
    ...strategyErrors(objectOf(spec.strategy)),
    ...countErrors('spec.minReadySeconds', spec.minReadySeconds),
    ...countErrors('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...countErrors('spec.progressDeadlineSeconds', deadline),
    ...(deadline <= numberOf(spec.minReadySeconds)
      ? [invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
      : []),
  ];
}

export const deployments = define({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  status: true,
  generation: true,
  scale: SCALE,
  printer: printer(
    [
      column('Ready', 'Number of ready pods out of the desired number.'),
      column('Up-to-date', 'Number of pods with the latest template.'),
      column('Available', 'Number of available pods.'),
      ...CONTAINERS,
      wide('Selector', 'Label selector of the pods.'),
    ],
    (deployment) => {
      const spec = specOf(deployment);
      const status = objectOf(deployment.status);
      return [
        `${numberOf(status.readyReplicas)}/${numberOf(spec.replicas)}`,
        numberOf(status.updatedReplicas),
        numberOf(status.availableReplicas),
        ...containerCells(spec),
        selectorText(objectOf(spec.selector)),
      ];
    },
  ),
  strategy: {
    defaults: deploymentDefaults,
    prepareCreate: (deployment) => ({ ...deployment, status: {} }),
    prepareUpdate(deployment, old) {
      // Annotations are copied to ReplicaSets, so a change to them is work for the controller.
      if (sameValue(deployment.metadata.annotations, old.metadata.annotations)) return deployment;
      const generation = (old.metadata.generation ?? 0) + 1;
      return { ...deployment, metadata: { ...deployment.metadata, generation } };
    },
    // The controller updates the revision annotation together with the status; this must not trigger another reconcile.
    prepareStatus({ metadata: { labels: _, ...metadata }, status }, old) {
      const { labels } = old.metadata;
      return { ...old, metadata: { ...metadata, ...(labels && { labels }) }, status };
    },
    validateCreate: deploymentErrors,
    warnings: workloadWarnings,
    validateUpdate: (deployment, old) => [
      ...deploymentErrors(deployment),
      ...selectorChangeErrors(specOf(deployment), specOf(old)),
    ],
    validateStatus: ({ status }) =>
      statusErrors(
        objectOf(status),
        [
          'observedGeneration',
          'replicas',
          'updatedReplicas',
          'readyReplicas',
          'availableReplicas',
          'unavailableReplicas',
        ],
        ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
        'readyReplicas',
      ),
  },
});

function replicaSetErrors(set: StoredObject): readonly FieldError[] {
  const spec = specOf(set);
  return [
    ...countErrors('spec.replicas', spec.replicas),
    ...countErrors('spec.minReadySeconds', spec.minReadySeconds),
    ...podErrors(spec),
  ];
}

export const replicaSets = define({
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  status: true,
  generation: true,
  scale: SCALE,
  printer: printer(
    [
      column('Desired', 'Desired number of pods.', 'integer'),
      column('Current', 'Current number of pods.', 'integer'),
      column('Ready', 'Number of ready pods.', 'integer'),
      ...CONTAINERS,
      wide('Selector', 'Label selector of the pods.'),
    ],
    (set) => {
      const spec = specOf(set);
      const status = objectOf(set.status);
      return [
        numberOf(spec.replicas),
        numberOf(status.replicas),
        numberOf(status.readyReplicas),
        ...containerCells(spec),
        selectorText(objectOf(spec.selector)),
      ];
    },
  ),
  strategy: {
    defaults: (set) =>
      withObject(withMissing(set, { spec: {} }), 'spec', (spec) =>
        withMissing(templateDefaults(spec), { replicas: 1 }),
      ),
    prepareCreate: (set) => ({ ...set, status: { replicas: 0 } }),
    validateCreate: replicaSetErrors,
    warnings: workloadWarnings,
    validateUpdate: (set, old) => [...replicaSetErrors(set), ...selectorChangeErrors(specOf(set), specOf(old))],
    validateStatus: ({ status }) =>
      statusErrors(
        objectOf(status),
        ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
        ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
        'readyReplicas',
      ),
  },
});
