/** v1 Pods. */

import type { FieldError } from '../machinery/field-error.ts';
import type { JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { quantityValue } from '../machinery/quantity.ts';
import { at, isUnset, maybeNumber, objectOf, objectsOf, textOf } from '../machinery/read.ts';
import { looseAddress } from './addresses.ts';
import { define } from './define.ts';
import { podChangeErrors } from './pod-changes.ts';
import { admittedPodSpec, podDefaults } from './pod-defaults.ts';
import { podOnlyErrors, podSpecErrors } from './pod-rules.ts';
import { podPrinter } from './pod-table.ts';
import { hostnameWarnings, podWarnings } from './warnings.ts';

const COMPUTE = ['cpu', 'memory'] as const;

/** QoS class of a pod. Source: Kubernetes documentation, "Pod Quality of Service Classes". */
function serviceClass(spec: JsonObject): string {
  const all = [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)].map(({ resources }) => ({
    limits: objectOf(objectOf(resources).limits),
    requests: objectOf(objectOf(resources).requests),
  }));
  const asks = all.some((one) => COMPUTE.some((name) => positive(one.limits[name]) || positive(one.requests[name])));
  if (!asks) return 'BestEffort';
  const guaranteed = all.every(({ limits, requests }) =>
    COMPUTE.every((name) => positive(limits[name]) && amount(limits[name]) === amount(requests[name])),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function amount(value: JsonObject[string]): number | undefined {
  return isUnset(value) ? undefined : quantityValue(`${value}`);
}

function positive(value: JsonObject[string]): boolean {
  return (amount(value) ?? 0) > 0;
}

function addressErrors(path: string, list: JsonObject[string]): readonly FieldError[] {
  return objectsOf(list).flatMap(({ ip }, i) => looseAddress(`${path}[${i}]`, textOf(ip)));
}

function specOf(pod: StoredObject): JsonObject {
  return objectOf(pod.spec);
}

export const pods = define({
  group: '',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  returnsDeleted: true,
  status: true,
  generation: true,
  printer: podPrinter,
  strategy: {
    defaults: podDefaults,
    prepareCreate: (pod) => ({
      ...pod,
      spec: admittedPodSpec(specOf(pod)),
      status: { phase: 'Pending', qosClass: serviceClass(specOf(pod)) },
    }),
    prepareUpdate: (pod) => ({ ...pod, spec: admittedPodSpec(specOf(pod)) }),
    prepareStatus: (pod, old) => ({
      ...old,
      metadata: { ...pod.metadata, ownerReferences: old.metadata.ownerReferences },
      status: { qosClass: at(old.status, 'qosClass'), ...objectOf(pod.status) },
    }),
    validateCreate: (pod) => [...podSpecErrors('spec', specOf(pod)), ...podOnlyErrors(specOf(pod))],
    validateUpdate: (pod, old) => [
      ...podSpecErrors('spec', specOf(pod)),
      ...podOnlyErrors(specOf(pod)),
      ...podChangeErrors(specOf(pod), specOf(old)),
    ],
    validateStatus: ({ status }) => [
      ...addressErrors('status.podIPs', objectOf(status).podIPs),
      ...addressErrors('status.hostIPs', objectOf(status).hostIPs),
    ],
    warnings: (pod) => [...hostnameWarnings(pod, "the Pod's hostname"), ...podWarnings('spec', specOf(pod))],
    graceSeconds(pod, asked) {
      const phase = at(pod.status, 'phase');
      // A pod that is not running needs no grace period.
      if (isUnset(specOf(pod).nodeName) || phase === 'Failed' || phase === 'Succeeded') return 0;
      const seconds = asked ?? maybeNumber(specOf(pod).terminationGracePeriodSeconds) ?? 0;
      return seconds < 0 ? 1 : seconds;
    },
    fields: (pod) => ({
      'spec.nodeName': textOf(specOf(pod).nodeName),
      'spec.restartPolicy': textOf(specOf(pod).restartPolicy),
      'spec.schedulerName': textOf(specOf(pod).schedulerName),
      'spec.serviceAccountName': textOf(specOf(pod).serviceAccountName),
      'spec.hostNetwork': `${specOf(pod).hostNetwork === true}`,
      'status.phase': textOf(at(pod.status, 'phase')),
      'status.podIP': textOf(at(pod.status, 'podIP')),
      'status.podIPs': objectsOf(at(pod.status, 'podIPs'))
        .map((one) => textOf(one.ip))
        .join(','),
      'status.nominatedNodeName': textOf(at(pod.status, 'nominatedNodeName')),
    }),
  },
});
