/** Rows of objects that the controllers of a real cluster would change; the contract suite compares the others. */
import { expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/machinery/json.ts';
import type { StoredObject } from '../../src/machinery/object.ts';
import { definitionOf, NOW, stored } from '../support/definitions.ts';

const TEMPLATE = {
  spec: {
    containers: [
      { name: 'a', image: 'x' },
      { name: 'b', image: 'y' },
    ],
  },
};
const SPEC = { replicas: 3, selector: { matchLabels: { a: 'b' } }, template: TEMPLATE };

function container(name: string, state: JsonObject, more: JsonObject = {}): JsonObject {
  return { name, state, ready: false, restartCount: 0, ...more };
}

const RESTARTED = container(
  'a',
  { running: {} },
  {
    ready: true,
    restartCount: 2,
    lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T11:50:00Z' } },
  },
);

const CASES: readonly (readonly [title: string, resource: string, object: StoredObject, cells: readonly Json[]])[] = [
  [
    'a Deployment in progress',
    'apps/deployments',
    stored({ spec: SPEC, status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 } }),
    ['x', '2/3', 3, 1, '60s', 'a,b', 'x,y', 'a=b'],
  ],
  [
    'a ReplicaSet',
    'apps/replicasets',
    stored({ spec: SPEC, status: { replicas: 2, readyReplicas: 1 } }),
    ['x', 3, 2, 1, '60s', 'a,b', 'x,y', 'a=b'],
  ],
  [
    'a StatefulSet',
    'apps/statefulsets',
    stored({ spec: SPEC, status: { readyReplicas: 1 } }),
    ['x', '1/3', '60s', 'a,b', 'x,y'],
  ],
  [
    'a pod with a restarted container',
    '/pods',
    stored({
      spec: { nodeName: 'node', containers: [{}] },
      status: { phase: 'Running', containerStatuses: [RESTARTED] },
    }),
    ['x', '1/1', 'Running', '2 (10m ago)', '60s', '<none>', 'node', '<none>', '<none>'],
  ],
  [
    'a terminating pod',
    '/pods',
    stored({ spec: { containers: [{}] }, status: { phase: 'Running' } }, { deletionTimestamp: '2026-01-01T12:00:30Z' }),
    ['x', '0/1', 'Terminating', '0', '60s', '<none>', '<none>', '<none>', '<none>'],
  ],
  [
    'a node with roles',
    '/nodes',
    stored(
      {
        spec: { unschedulable: true },
        status: {
          addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
          conditions: [{ type: 'Ready', status: 'True' }],
          nodeInfo: { kubeletVersion: 'v1', kernelVersion: 'k' },
        },
      },
      { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/a': '' } },
    ),
    ['x', 'Ready,SchedulingDisabled', 'a,worker', '60s', 'v1', '192.0.2.1', '<none>', '<unknown>', 'k', '<unknown>'],
  ],
  [
    'a bound claim',
    '/persistentvolumeclaims',
    stored({
      spec: { volumeName: 'v', volumeMode: 'Filesystem', storageClassName: 's' },
      status: { phase: 'Bound', accessModes: ['ReadOnlyMany', 'ReadWriteOnce'], capacity: { storage: '2Gi' } },
    }),
    ['x', 'Bound', 'v', '2Gi', 'RWO,ROX', 's', '<unset>', '60s', 'Filesystem'],
  ],
  [
    'a bound volume',
    '/persistentvolumes',
    stored({
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOncePod'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: 'a', name: 'b' },
      },
      status: { phase: 'Bound' },
    }),
    ['x', '1Gi', 'RWOP', 'Retain', 'Bound', 'a/b', '', '<unset>', '', '60s', '<unset>'],
  ],
  [
    'the default class',
    'storage.k8s.io/storageclasses',
    stored(
      { provisioner: 'p', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
      { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    ),
    ['x (default)', 'p', 'Delete', 'Immediate', false, '60s'],
  ],
  [
    'an Event with a count',
    '/events',
    stored({
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.x' },
      type: 'Warning',
      reason: 'R',
      message: ' hello ',
      source: { component: 'c', host: 'h' },
      count: 3,
      firstTimestamp: '2026-01-01T11:00:00Z',
      lastTimestamp: '2026-01-01T11:58:30Z',
    }),
    ['90s', 'Warning', 'R', 'pod/p', 'spec.x', 'c, h', 'hello', '60m', 3, 'x'],
  ],
  [
    'an Event in a series',
    '/events',
    stored({
      involvedObject: { kind: 'Pod' },
      eventTime: '2026-01-01T11:00:00.000000Z',
      series: { count: 7, lastObservedTime: '2026-01-01T11:59:59.000000Z' },
      reportingComponent: 'c',
      reason: 'R',
    }),
    ['1s', '', 'R', 'pod', '', 'c', '', '60m', 7, 'x'],
  ],
  [
    'a terminating namespace',
    '/namespaces',
    stored({ status: { phase: 'Terminating' } }, { deletionTimestamp: '2026-01-01T12:00:00Z' }),
    ['x', 'Terminating', '60s'],
  ],
];

it.each(CASES)('%s', (_title, resource, object, cells) => {
  const [{ printer }] = definitionOf(resource).versions;
  expect(printer?.row(object, NOW)).toEqual(cells);
  expect(printer?.columns).toHaveLength(cells.length);
});
