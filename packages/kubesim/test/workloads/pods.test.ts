import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/machinery/json.ts';
import type { Pod } from '../../src/workloads/kinds.ts';
import { environmentOf } from '../../src/workloads/kubelet/configuration.ts';
import { NAMESPACE, type StillCluster, stillCluster } from '../support/workload-cluster.ts';

function pod(name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, ...metadata },
    spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
  };
}

function get({ objects }: StillCluster, name: string): Pod {
  const found = objects.get('/pods', NAMESPACE, name);
  if (!found) throw new Error(`no pod ${name}`);
  return found;
}

function readyOf(cluster: StillCluster, name: string): string | undefined {
  return get(cluster, name).status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

function waitingFor(cluster: StillCluster, name: string): unknown {
  return get(cluster, name).status?.containerStatuses?.[0]?.state.waiting;
}

async function logOf({ workloads }: StillCluster, name: string, tailLines?: number): Promise<string> {
  const { signal } = new AbortController();
  const options = tailLines === undefined ? {} : { tailLines };
  return (await Array.fromAsync(workloads.logs.read(NAMESPACE, name, undefined, options, signal))).join('');
}

describe('a pod', () => {
  it('is pending, then runs and is ready, with addresses of both families from the range of its node', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/pods', pod('one'));
    await cluster.workloads.idle();
    expect(get(cluster, 'one').status?.phase).toBe('Pending');
    expect(get(cluster, 'one').spec.nodeName).toMatch(/^cluster1-node[12]$/);
    await cluster.clock.advance(99);
    expect(get(cluster, 'one').status?.phase).toBe('Pending');
    await cluster.pass();
    const { spec, status } = get(cluster, 'one');
    expect(status?.phase).toBe('Running');
    expect(status?.conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    const node = cluster.objects.get('/nodes', undefined, spec.nodeName ?? '');
    expect(node?.spec?.podCIDRs).toHaveLength(2);
    expect(status?.podIPs?.map(({ ip }) => ip)).toEqual([
      expect.stringMatching(/^10\.1\.(16|32)\.\d+$/),
      expect.stringMatching(/^fd00:10:1:[12]::[0-9a-f]+$/),
    ]);
    expect(status?.podIP).toBe(status?.podIPs?.[0]?.ip);
  });

  it('has a unique address, which is released when the pod is removed', async () => {
    const cluster = await stillCluster();
    for (let i = 0; i < 20; i++) cluster.api.create('/pods', pod(`pod-${i}`));
    await cluster.pass();
    const addresses = () =>
      cluster.objects.list('/pods').flatMap(({ status }) => (status?.podIPs ?? []).map(({ ip }) => ip));
    expect(new Set(addresses()).size).toBe(2 * cluster.objects.list('/pods').length);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 20; i++) cluster.objects.delete('/pods', get(cluster, `pod-${i}`));
      await cluster.pass();
      for (let i = 0; i < 20; i++) cluster.api.create('/pods', pod(`pod-${i}`));
      await cluster.pass();
    }
    expect(new Set(addresses()).size).toBe(addresses().length);
  });

  it('is scheduled to the node that it selects, or reports that there is none', async () => {
    const cluster = await stillCluster();
    const zone = (name: string) => ({ nodeSelector: { 'topology.kubernetes.io/zone': name } });
    cluster.api.create('/pods', pod('here', zone('zone-b')));
    cluster.api.create('/pods', pod('nowhere', zone('zone-x')));
    await cluster.pass();
    expect(get(cluster, 'here').spec.nodeName).toBe('cluster1-node2');
    expect(get(cluster, 'nowhere').status).toMatchObject({
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
        },
      ],
    });
  });

  it.each<[string, JsonObject, string | undefined]>([
    ['a label', { matchExpressions: [{ key: 'size', operator: 'In', values: ['3', '9'] }] }, 'cluster1-node2'],
    ['another label', { matchExpressions: [{ key: 'size', operator: 'NotIn', values: ['9'] }] }, 'cluster1-node1'],
    ['a greater number', { matchExpressions: [{ key: 'size', operator: 'Gt', values: ['5'] }] }, 'cluster1-node2'],
    ['a smaller number', { matchExpressions: [{ key: 'size', operator: 'Lt', values: ['5'] }] }, undefined],
    [
      'a name',
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['cluster1-node2'] }] },
      'cluster1-node2',
    ],
    ['nothing', {}, undefined],
  ])('is scheduled to a node that matches its affinity: %s', async (_, term, node) => {
    const cluster = await stillCluster();
    const [, second] = cluster.objects.list('/nodes');
    if (!second) throw new Error('no nodes');
    const labels = { ...second.metadata.labels, size: '9' };
    cluster.objects.update('/nodes', { ...second, metadata: { ...second.metadata, labels } });
    const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'none', operator: 'Exists' }] }, term] };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    for (const name of ['one', 'two']) cluster.api.create('/pods', pod(name, { affinity }));
    await cluster.pass();
    expect(['one', 'two'].map((name) => get(cluster, name).spec.nodeName)).toEqual([node, node]);
  });

  it('avoids nodes with taints that it does not tolerate', async () => {
    const cluster = await stillCluster();
    const [first, second] = cluster.objects.list('/nodes');
    if (!first || !second) throw new Error('no nodes');
    cluster.objects.update('/nodes', { ...first, spec: { ...first.spec, unschedulable: true } });
    const taint = { key: 'team', value: 'a', effect: 'NoSchedule' };
    cluster.objects.update('/nodes', { ...second, spec: { ...second.spec, taints: [taint] } });
    cluster.api.create('/pods', pod('equal', { tolerations: [{ key: 'team', operator: 'Equal', value: 'a' }] }));
    cluster.api.create('/pods', pod('all', { tolerations: [{ operator: 'Exists' }] }));
    cluster.api.create('/pods', pod('other', { tolerations: [{ key: 'team', operator: 'Equal', value: 'b' }] }));
    cluster.api.create('/pods', pod('none'));
    await cluster.pass();
    const node = second.metadata.name;
    expect(['equal', 'all', 'other', 'none'].map((name) => get(cluster, name).spec.nodeName)).toEqual([
      node,
      node,
      undefined,
      undefined,
    ]);
    // The message of a real kube-scheduler.
    expect(get(cluster, 'none').status?.conditions?.[0]?.message).toBe(
      '0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.',
    );
    const now = cluster.objects.get('/nodes', undefined, node);
    if (now) cluster.objects.update('/nodes', { ...now, spec: { ...now.spec, taints: [] } });
    await cluster.pass();
    expect(get(cluster, 'none').spec.nodeName).toBe(node);
  });

  it('has the address of its node on the host network', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/pods', pod('host', { hostNetwork: true }));
    await cluster.pass();
    const { status } = get(cluster, 'host');
    expect(status?.podIP).toBe(status?.hostIP);
  });

  it('can have its own fields in its environment', async () => {
    const cluster = await stillCluster();
    const fields = [
      'metadata.name',
      "metadata.labels['a']",
      'spec.serviceAccountName',
      'status.hostIPs',
      'status.podIP',
    ];
    const env = fields.map((fieldPath, i) => ({ name: `F${i}`, valueFrom: { fieldRef: { fieldPath } } }));
    const containers = [{ name: 'main', image: 'app:1', env }];
    cluster.api.create('/pods', pod('one', { containers }, { labels: { a: 'b' } }));
    await cluster.pass();
    const one = get(cluster, 'one');
    const [container] = one.spec.containers;
    if (!container) throw new Error('no container');
    expect([...environmentOf(cluster.objects, one, container).values()]).toEqual([
      'one',
      'b',
      'default',
      one.status?.hostIPs?.map(({ ip }) => ip).join(),
      one.status?.podIP,
    ]);
  });

  it('is unready while the annotation is set', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/pods', pod('one', {}, { annotations: { 'kubesim.catamaran.dev/ready': 'false' } }));
    await cluster.pass();
    expect(get(cluster, 'one').status?.phase).toBe('Running');
    expect(readyOf(cluster, 'one')).toBe('False');
    const one = get(cluster, 'one');
    cluster.api.update('/pods', { ...one, metadata: { ...one.metadata, annotations: {} } });
    await cluster.pass();
    expect(readyOf(cluster, 'one')).toBe('True');
  });

  it.each(['missing', 'example.org/missing:1', 'nginx:missing'])(
    'waits for its image, if that is %s',
    async (image) => {
      const cluster = await stillCluster();
      const object = pod('one');
      const spec = { containers: [{ name: 'main', image }] };
      cluster.api.create('/pods', { ...object, spec });
      await cluster.pass();
      expect(get(cluster, 'one').status).toMatchObject({
        phase: 'Pending',
        containerStatuses: [
          { state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } } },
        ],
      });
    },
  );

  it('waits for its readiness gates', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/pods', pod('one', { readinessGates: [{ conditionType: 'example.org/ok' }] }));
    await cluster.pass();
    expect(readyOf(cluster, 'one')).toBe('False');
    const one = get(cluster, 'one');
    const conditions = [...(one.status?.conditions ?? []), { type: 'example.org/ok', status: 'True' }];
    cluster.api.updateStatus('/pods', { ...one, status: { ...one.status, conditions } });
    await cluster.pass();
    expect(readyOf(cluster, 'one')).toBe('True');
  });

  it('waits for required ConfigMaps and Secrets', async () => {
    const cluster = await stillCluster();
    const env = [{ name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } }];
    cluster.api.create('/pods', pod('one', { containers: [{ name: 'main', image: 'app:1', env }] }));
    await cluster.pass();
    expect(waitingFor(cluster, 'one')).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "settings" not found',
    });
    const metadata = { name: 'settings', namespace: NAMESPACE };
    cluster.api.create('/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { other: 'x' } });
    await cluster.pass();
    expect(waitingFor(cluster, 'one')).toMatchObject({
      message: "couldn't find key mode in ConfigMap default/settings",
    });
    cluster.api.update('/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mode: 'x' } });
    await cluster.pass();
    expect(get(cluster, 'one').status?.phase).toBe('Running');
  });

  it('remains while terminating, for at most its grace period', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/pods', pod('long'));
    cluster.api.create('/pods', pod('short', { terminationGracePeriodSeconds: 0 }));
    await cluster.pass();
    cluster.objects.delete('/pods', get(cluster, 'long'));
    cluster.objects.delete('/pods', get(cluster, 'short'));
    await cluster.workloads.idle();
    expect(get(cluster, 'long').metadata.deletionTimestamp).toBeDefined();
    expect(cluster.objects.get('/pods', NAMESPACE, 'short')).toBeUndefined();
    await cluster.clock.advance(499);
    expect(readyOf(cluster, 'long')).toBe('True');
    await cluster.pass(1);
    expect(cluster.objects.get('/pods', NAMESPACE, 'long')).toBeUndefined();
  });

  it('is removed immediately by a forced deletion', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/pods', pod('one'));
    await cluster.pass();
    cluster.objects.delete('/pods', get(cluster, 'one'), 0);
    expect(cluster.objects.get('/pods', NAMESPACE, 'one')).toBeUndefined();
    cluster.api.create('/pods', pod('one'));
    await cluster.pass();
    expect(readyOf(cluster, 'one')).toBe('True');
  });
});

describe('the log of a pod', () => {
  it('returns all lines, or the last ones if requested', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/pods', pod('one'));
    await cluster.pass();
    for (const line of ['a', 'b', 'c']) cluster.workloads.logs.write(get(cluster, 'one'), 'main', line);
    expect(await logOf(cluster, 'one')).toMatch(/a\nb\nc\n$/);
    expect(await logOf(cluster, 'one', 2)).toBe('b\nc\n');
  });

  it('streams while followed, until the pod is removed', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/pods', pod('one'));
    await cluster.pass();
    const { logs } = cluster.workloads;
    const { signal } = new AbortController();
    const followed = Array.fromAsync(logs.read(NAMESPACE, 'one', 'main', { follow: true, tailLines: 0 }, signal));
    await cluster.pass();
    logs.write(get(cluster, 'one'), 'main', 'late');
    cluster.objects.delete('/pods', get(cluster, 'one'));
    await cluster.pass();
    expect(await followed).toEqual(['late\n']);
  });

  it('is rejected with the messages of the API server', async () => {
    const cluster = await stillCluster();
    const containers = [
      { name: 'a', image: 'app:1' },
      { name: 'b', image: 'app:1' },
    ];
    cluster.api.create('/pods', pod('two', { containers }));
    await cluster.workloads.idle();
    const { logs } = cluster.workloads;
    const { signal } = new AbortController();
    const read = (name: string, container?: string) => () => logs.read(NAMESPACE, name, container, {}, signal);
    expect(read('none')).toThrow('pods "none" not found');
    expect(read('two')).toThrow('a container name must be specified for pod two, choose one of: [a b]');
    expect(read('two', 'c')).toThrow('container c is not valid for pod two');
    expect(read('two', 'a')).toThrow('container "a" in pod "two" is waiting to start: ContainerCreating');
  });
});
