/** Events about pods and their controllers, as shown by `kubectl describe` and `kubectl events`. */
import { describe, expect, it } from 'vitest';
import {
  deployment,
  NAMESPACE,
  podsOf,
  type StillCluster,
  statefulSet,
  stillCluster,
} from '../support/workload-cluster.ts';

/** The suffix of an Event's name: its time. */
function suffix({ metadata }: { readonly metadata: { readonly name: string } }): string {
  return metadata.name.slice(metadata.name.lastIndexOf('.') + 1);
}

/** All Events in a namespace, in order of occurrence: object, reason, message. */
function occurrences({ api }: StillCluster, namespace = NAMESPACE): readonly string[] {
  return api
    .list('/events', { namespace })
    .toSorted((a, b) => (suffix(a) < suffix(b) ? -1 : 1))
    .map(({ involvedObject, reason, message }) => `${Object(involvedObject).kind} ${reason}: ${message}`);
}

describe('Events', () => {
  it('report how a Deployment gets its pods, and how pods start and stop', async () => {
    const cluster = await stillCluster();
    cluster.api.create('apps/deployments', deployment({ name: 'web' }));
    await cluster.pass();
    const [pod] = podsOf(cluster, { app: 'web' });
    const name = pod?.metadata.name ?? '';
    const set = name.slice(0, name.lastIndexOf('-'));
    const first = [
      `Deployment ScalingReplicaSet: Scaled up replica set ${set} from 0 to 1`,
      `ReplicaSet SuccessfulCreate: Created pod: ${name}`,
      `Pod Scheduled: Successfully assigned default/${name} to ${pod?.spec.nodeName}`,
      'Pod Created: Created container: main',
      'Pod Started: Started container main',
    ];
    expect(occurrences(cluster)).toEqual(first);
    const web = cluster.objects.get('apps/deployments', NAMESPACE, 'web');
    if (!web) throw new Error('no Deployment');
    cluster.objects.update('apps/deployments', { ...web, spec: { ...web.spec, replicas: 0 } });
    await cluster.pass();
    expect(occurrences(cluster).slice(first.length)).toEqual([
      `Deployment ScalingReplicaSet: Scaled down replica set ${set} from 1 to 0`,
      'Pod Killing: Stopping container main',
    ]);
  });

  it('can be selected by their object', async () => {
    const cluster = await stillCluster();
    cluster.api.create('apps/statefulsets', statefulSet({ name: 'db' }));
    await cluster.pass();
    const { uid } = cluster.objects.get('apps/statefulsets', NAMESPACE, 'db')?.metadata ?? {};
    const events = cluster.api.list('/events').filter((event) => Object(event.involvedObject).uid === uid);
    expect(events).toEqual([
      expect.objectContaining({
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: 'create Pod db-0 in StatefulSet db successful',
        source: { component: 'statefulset-controller' },
        involvedObject: expect.objectContaining({ kind: 'StatefulSet', namespace: NAMESPACE, name: 'db' }),
        count: 1,
      }),
    ]);
  });

  it('report once why a pod is not running, regardless of duration', async () => {
    const cluster = await stillCluster();
    const one = (name: string, spec: object) =>
      cluster.api.create('/pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: NAMESPACE },
        spec: { containers: [{ name: 'main', image: 'a', envFrom: [{ configMapRef: { name: 'none' } }] }], ...spec },
      });
    one('unplaced', { nodeSelector: { a: 'b' } });
    one('unconfigured', {});
    await cluster.pass();
    const reported = occurrences(cluster);
    expect(reported).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Pod FailedScheduling: 0\/2 nodes are available: /),
        'Pod Failed: Error: configmap "none" not found',
      ]),
    );
    cluster.api.create('/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'other', namespace: NAMESPACE },
    });
    await cluster.pass();
    expect(occurrences(cluster)).toEqual(reported);
  });

  it('are counted if repeated', async () => {
    const cluster = await stillCluster();
    cluster.api.create('apps/deployments', deployment({ name: 'web' }));
    for (const replicas of [0, 1, 0, 1]) {
      await cluster.pass();
      const web = cluster.objects.get('apps/deployments', NAMESPACE, 'web');
      if (!web) throw new Error('no Deployment');
      cluster.objects.update('apps/deployments', { ...web, spec: { ...web.spec, replicas } });
    }
    await cluster.pass();
    const ups = cluster.api
      .list('/events', { namespace: NAMESPACE })
      .filter(({ message }) => /^Scaled up .* from 0 to 1$/.test(String(message)));
    expect(ups.map(({ count }) => count)).toEqual([3]);
  });

  it('are created again after they have expired', async () => {
    const cluster = await stillCluster();
    const web = cluster.api.create('apps/deployments', deployment({ name: 'web' }));
    const scale = (replicas: number) => {
      const now = cluster.objects.get('apps/deployments', NAMESPACE, web.metadata.name);
      if (now) cluster.objects.update('apps/deployments', { ...now, spec: { ...now.spec, replicas } });
    };
    await cluster.pass();
    scale(0);
    await cluster.pass(3_700_000);
    expect(occurrences(cluster)).toEqual([]);
    scale(1);
    await cluster.pass();
    const [up] = cluster.api.list('/events', { namespace: NAMESPACE }).filter(({ count }) => count !== 1);
    expect(up).toBeUndefined();
    expect(occurrences(cluster)[0]).toMatch(
      /^Deployment ScalingReplicaSet: Scaled up replica set web-\w+ from 0 to 1$/,
    );
  });

  it('do not block namespace deletion', async () => {
    const cluster = await stillCluster();
    cluster.api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    const web = deployment({ name: 'web' });
    cluster.api.create('apps/deployments', { ...web, metadata: { name: 'web', namespace: 'other' } });
    await cluster.pass();
    expect(occurrences(cluster, 'other')).not.toEqual([]);
    cluster.api.delete('/namespaces', { name: 'other' });
    await cluster.pass();
    await cluster.pass();
    expect(cluster.api.get('/namespaces', { name: 'other' })).toBeUndefined();
    expect(occurrences(cluster, 'other')).toEqual([]);
  });
});
