/** v1 Nodes. */

import { AGE, age, column, NAME, wide } from '../machinery/columns.ts';
import { duplicate, type FieldError, forbidden, invalid } from '../machinery/field-error.ts';
import type { StoredObject } from '../machinery/object.ts';
import { at, objectOf, objectsOf, sameValue, textOf, textsOf, withMissing } from '../machinery/read.ts';
import { looseRange } from './addresses.ts';
import { define } from './define.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function statusText(node: StoredObject): string {
  const ready = objectsOf(at(node.status, 'conditions')).findLast((one) => one.type === 'Ready');
  const status = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return at(node.spec, 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function rolesText(node: StoredObject): string {
  const labels = Object.entries(node.metadata.labels ?? {});
  const roles = labels.flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return [key.slice(ROLE_PREFIX.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  const named = [...new Set(roles.filter((role) => role !== ''))].toSorted();
  return named.length > 0 ? named.join(',') : '<none>';
}

function addressText(node: StoredObject, type: string): string {
  const address = objectsOf(at(node.status, 'addresses')).find((one) => one.type === type);
  return address ? textOf(address.address) : '<none>';
}

function rangeErrors(node: StoredObject): readonly FieldError[] {
  const ranges = textsOf(at(node.spec, 'podCIDRs'));
  const path = 'spec.podCIDRs';
  const families = new Set(ranges.map((range) => range.includes(':')));
  return [
    ...ranges.flatMap((range, i) => looseRange(`${path}[${i}]`, range)),
    ...(ranges.length > families.size
      ? [invalid(path, ranges, 'may specify no more than one CIDR for each IP family')]
      : []),
  ];
}

function changeErrors(node: StoredObject, old: StoredObject): readonly FieldError[] {
  const addresses = objectsOf(at(node.status, 'addresses')).map((one) => ({ Type: one.type, Address: one.address }));
  const texts = addresses.map((one) => JSON.stringify(one));
  const [now, before] = [textsOf(at(node.spec, 'podCIDRs')), textsOf(at(old.spec, 'podCIDRs'))];
  const provider = textOf(at(old.spec, 'providerID'));
  const once = (name: string): string => `node updates may not change ${name} except from "" to valid`;
  return [
    ...addresses.flatMap((one, i) =>
      texts.indexOf(texts[i] ?? '') < i ? [duplicate(`status.addresses[${i}]`, one)] : [],
    ),
    ...(before.length > 0 && !sameValue(now, before) ? [forbidden('spec.podCIDRs', once('podCIDR'))] : []),
    ...(provider !== '' && textOf(at(node.spec, 'providerID')) !== provider
      ? [forbidden('spec.providerID', once('providerID'))]
      : []),
  ];
}

export const nodes = define({
  group: '',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  status: true,
  printer: {
    columns: [
      NAME,
      column('Status', 'Whether the node is ready for pods.'),
      column('Roles', 'Roles of the node.'),
      AGE,
      column('Version', 'Version of the kubelet.'),
      wide('Internal-IP', 'Address inside the cluster.'),
      wide('External-IP', 'Address outside the cluster.'),
      wide('OS-Image', 'Operating system.'),
      wide('Kernel-Version', 'Kernel version.'),
      wide('Container-Runtime', 'Container runtime and its version.'),
    ],
    row(node, now) {
      const info = objectOf(at(node.status, 'nodeInfo'));
      return [
        node.metadata.name,
        statusText(node),
        rolesText(node),
        age(node, now),
        textOf(info.kubeletVersion),
        addressText(node, 'InternalIP'),
        addressText(node, 'ExternalIP'),
        textOf(info.osImage) || '<unknown>',
        textOf(info.kernelVersion) || '<unknown>',
        textOf(info.containerRuntimeVersion) || '<unknown>',
      ];
    },
  },
  strategy: {
    defaults(node) {
      const status = objectOf(node.status);
      return status.capacity === undefined
        ? node
        : { ...node, status: withMissing(status, { allocatable: status.capacity }) };
    },
    validateCreate: rangeErrors,
    validateUpdate: changeErrors,
    validateStatus: changeErrors,
    fields: (node) => ({ 'spec.unschedulable': `${at(node.spec, 'unschedulable') === true}` }),
  },
});
