/** Asynchronous effects of requests: namespace deletion, garbage collection, generations, scale. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { at, normalized, onBothServers } from '../../support/api-servers/both-servers.ts';

const MERGE = 'application/merge-patch+json';
const NIL_UID = '00000000-0000-4000-8000-000000000000';
const DEPLOYMENT = {
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['y', 'x'] }] },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
};

onBothServers((server) => {
  let namespace: string;
  const maps = (name = ''): string => `/api/v1/namespaces/${namespace}/configmaps${name === '' ? '' : `/${name}`}`;
  const get = (path: string) => server().request('GET', path);
  const statusOf = async (path: string): Promise<number> => (await get(path)).status;
  const merge = (path: string, body: Json) => server().request('PATCH', path, { body, type: MERGE });
  const remove = (path: string, propagationPolicy?: string) =>
    server().request('DELETE', path, propagationPolicy === undefined ? {} : { body: { propagationPolicy } });

  async function create(name: string, metadata: JsonObject = {}): Promise<JsonObject> {
    const { status, body } = await server().request('POST', maps(), { body: { metadata: { name, ...metadata } } });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return Object(body);
  }

  /** An owner reference. */
  function owner(object: JsonObject, more: JsonObject = {}): JsonObject {
    const { name = '', uid = '' } = Object(object.metadata);
    return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...more };
  }

  beforeEach(async () => {
    namespace = await server().namespace('life');
  });

  describe('a namespace', () => {
    it('has a phase, a finalizer, and a label with its name', async () => {
      const { body } = await get(`/api/v1/namespaces/${namespace}`);
      expect(body).toMatchObject({
        metadata: { labels: { 'kubernetes.io/metadata.name': namespace } },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      });
    });

    it('is deleted together with its contents', async () => {
      await create('a');
      const { status, body } = await remove(`/api/v1/namespaces/${namespace}`);
      expect([status, at(body, 'kind'), at(body, 'status', 'phase')]).toEqual([200, 'Namespace', 'Terminating']);
      await expect.poll(() => statusOf(`/api/v1/namespaces/${namespace}`), { timeout: 30_000 }).toBe(404);
      expect(await statusOf(maps('a'))).toBe(404);
    });

    it('rejects new objects while terminating, and reports what it is waiting for', async () => {
      await create('held', { finalizers: ['example.com/a'] });
      await remove(`/api/v1/namespaces/${namespace}`);
      const late = await server().request('POST', maps(), { body: { metadata: { name: 'late' } } });
      expect([late.status, normalized(late.body, namespace)]).toEqual([
        403,
        {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message:
            'configmaps "late" is forbidden: unable to create new content in namespace NAMESPACE because it is being terminated',
          reason: 'Forbidden',
          details: {
            name: 'late',
            kind: 'configmaps',
            causes: [
              {
                reason: 'NamespaceTerminating',
                message: 'namespace NAMESPACE is being terminated',
                field: 'metadata.namespace',
              },
            ],
          },
          code: 403,
        },
      ]);
      const conditions = async (): Promise<Json> => {
        const { body } = await get(`/api/v1/namespaces/${namespace}`);
        const list = at(body, 'status', 'conditions');
        return Array.isArray(list)
          ? list.map((one: Json) =>
              [at(one, 'type'), at(one, 'status'), at(one, 'reason'), at(one, 'message')].join(' '),
            )
          : [];
      };
      await expect
        .poll(conditions, { timeout: 30_000 })
        .toEqual([
          'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered All resources successfully discovered',
          'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions All legacy kube types successfully parsed',
          'NamespaceDeletionContentFailure False ContentDeleted All content successfully deleted, may be waiting on finalization',
          'NamespaceContentRemaining True SomeResourcesRemain Some resources are remaining: configmaps. has 1 resource instances',
          'NamespaceFinalizersRemaining True SomeFinalizersRemain Some content in the namespace has finalizers remaining: example.com/a in 1 resource instances',
        ]);
      await merge(maps('held'), { metadata: { finalizers: null } });
      await expect.poll(() => statusOf(`/api/v1/namespaces/${namespace}`), { timeout: 30_000 }).toBe(404);
    });

    it.each(['default', 'kube-system', 'kube-public'])('%s cannot be deleted', async (name) => {
      const { status, body } = await remove(`/api/v1/namespaces/${name}`);
      expect([status, at(body, 'message')]).toEqual([
        403,
        `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      ]);
    });

    it('has a name that is a DNS label', async () => {
      const { status, body } = await server().request('POST', '/api/v1/namespaces', {
        body: { metadata: { name: 'a.b' } },
      });
      expect([status, at(body, 'details', 'causes', 0, 'message')]).toEqual([
        422,
        'Invalid value: "a.b": must not contain dots',
      ]);
    });
  });

  describe('an owner', () => {
    it('is deleted together with its dependents', async () => {
      const top = await create('top');
      const middle = await create('middle', { ownerReferences: [owner(top)] });
      await create('bottom', { ownerReferences: [owner(middle)] });
      expect(await statusOf(maps('bottom'))).toBe(200);
      await remove(maps('top'), 'Background');
      await expect.poll(() => statusOf(maps('bottom')), { timeout: 30_000 }).toBe(404);
      expect(await statusOf(maps('middle'))).toBe(404);
    });

    it('is removed from the references of a dependent that has another owner', async () => {
      const one = await create('one');
      const two = await create('two');
      await create('shared', { ownerReferences: [owner(one), owner(two)] });
      await remove(maps('one'));
      await expect
        .poll(async () => at((await get(maps('shared'))).body, 'metadata', 'ownerReferences'), { timeout: 30_000 })
        .toEqual([owner(two)]);
    });

    it('keeps its dependents if they are orphaned', async () => {
      const top = await create('top');
      await create('kept', { ownerReferences: [owner(top)] });
      const { body } = await remove(maps('top'), 'Orphan');
      expect(at(body, 'metadata', 'finalizers')).toEqual(['orphan']);
      await expect.poll(() => statusOf(maps('top')), { timeout: 30_000 }).toBe(404);
      expect(at((await get(maps('kept'))).body, 'metadata', 'ownerReferences')).toBeUndefined();
    });

    it('waits for blocking dependents in foreground deletion', async () => {
      const top = await create('top');
      const holding = { ownerReferences: [owner(top, { blockOwnerDeletion: true })], finalizers: ['example.com/a'] };
      await create('holding', holding);
      // The garbage collector of a real server must have observed it first.
      await expect.poll(() => statusOf(maps('holding'))).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, server().name === 'kube-apiserver' ? 500 : 0));
      const { body } = await remove(maps('top'), 'Foreground');
      expect(at(body, 'metadata', 'finalizers')).toEqual(['foregroundDeletion']);
      await expect
        .poll(async () => at((await get(maps('holding'))).body, 'metadata', 'deletionTimestamp'), { timeout: 30_000 })
        .toBeDefined();
      expect(await statusOf(maps('top'))).toBe(200);
      await merge(maps('holding'), { metadata: { finalizers: null } });
      await expect.poll(() => statusOf(maps('top')), { timeout: 30_000 }).toBe(404);
    });

    it('that never existed is treated like a deleted one', async () => {
      const real = await create('real');
      await create('stray', { ownerReferences: [{ ...owner(real), uid: NIL_UID }] });
      await expect.poll(() => statusOf(maps('stray')), { timeout: 30_000 }).toBe(404);
      expect(await statusOf(maps('real'))).toBe(200);
    });

    it('of an unknown kind keeps its dependents', async () => {
      const unknown = { apiVersion: 'nobody.example/v1', kind: 'Widget', name: 'w', uid: NIL_UID };
      await create('kept', { ownerReferences: [unknown] });
      const real = await create('real');
      await create('stray', { ownerReferences: [{ ...owner(real), uid: NIL_UID }] });
      await expect.poll(() => statusOf(maps('stray')), { timeout: 30_000 }).toBe(404);
      expect(await statusOf(maps('kept'))).toBe(200);
    });
  });

  describe('generation and status', () => {
    const path = (): string => `/apis/apps/v1/namespaces/${namespace}/statefulsets/s`;
    const generation = (body: Json): Json | undefined => at(body, 'metadata', 'generation');

    beforeEach(async () => {
      const { selector: _, ...spec } = DEPLOYMENT.spec;
      const body = {
        metadata: { name: 's' },
        spec: { ...spec, serviceName: 's', selector: { matchLabels: { app: 'a' } } },
        status: { replicas: 7 },
      };
      await server().request('POST', path().replace(/\/s$/, ''), { body });
    });

    it('generation increments with changes to the desired state', async () => {
      expect(generation((await get(path())).body)).toBe(1);
      expect(generation((await merge(path(), { metadata: { labels: { a: 'b' } } })).body)).toBe(1);
      expect(generation((await merge(path(), { spec: { revisionHistoryLimit: 3 } })).body)).toBe(2);
      expect(generation((await merge(path(), { metadata: { generation: 9 } })).body)).toBe(2);
      expect(generation((await merge(`${path()}/status`, { status: { replicas: 1 } })).body)).toBe(2);
    });

    it('status is written separately, and nothing else with it', async () => {
      expect(at((await get(path())).body, 'status', 'replicas')).not.toBe(7);
      const { body } = await merge(`${path()}/status`, {
        spec: { revisionHistoryLimit: 3 },
        status: { collisionCount: 5 },
      });
      expect([at(body, 'spec', 'revisionHistoryLimit'), at(body, 'status', 'collisionCount')]).toEqual([10, 5]);
      const main = await merge(path(), { spec: { revisionHistoryLimit: 4 }, status: { collisionCount: 6 } });
      expect([at(main.body, 'spec', 'revisionHistoryLimit'), at(main.body, 'status', 'collisionCount')]).toEqual([
        4, 5,
      ]);
      expect((await get(`${path()}/status`)).body).toMatchObject({ kind: 'StatefulSet' });
    });
  });

  describe('scale', () => {
    const path = (): string => `/apis/apps/v1/namespaces/${namespace}/deployments/d/scale`;

    beforeEach(async () => {
      await server().request('POST', path().replace(/\/d\/scale$/, ''), {
        body: { metadata: { name: 'd' }, ...DEPLOYMENT },
      });
    });

    it('shows replicas and selector', async () => {
      const { status, body } = await get(path());
      expect([status, normalized(body, namespace)]).toEqual([
        200,
        {
          kind: 'Scale',
          apiVersion: 'autoscaling/v1',
          metadata: {
            name: 'd',
            namespace: 'NAMESPACE',
            uid: 'UID',
            resourceVersion: 'VERSION',
            creationTimestamp: 'TIME',
          },
          spec: {},
          status: { replicas: 0, selector: 'app=a,tier notin (x,y)' },
        },
      ]);
    });

    it('is patched and replaced', async () => {
      const patched = await merge(path(), { spec: { replicas: 2 } });
      expect([patched.status, at(patched.body, 'spec', 'replicas')]).toEqual([200, 2]);
      const { body } = await get(path().replace('/scale', ''));
      expect([at(body, 'spec', 'replicas'), at(body, 'metadata', 'generation')]).toEqual([2, 2]);
      const put = await server().request('PUT', path(), { body: { metadata: { name: 'd' }, spec: { replicas: 0 } } });
      expect([put.status, at(put.body, 'spec')]).toEqual([200, {}]);
    });

    it.each<[string, Json, number, string]>([
      [
        'less than none',
        { spec: { replicas: -1 } },
        422,
        'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      ],
      [
        'an old version',
        { metadata: { resourceVersion: '1' }, spec: { replicas: 1 } },
        409,
        'Operation cannot be fulfilled on deployments.apps "d": the object has been modified; please apply your changes to the latest version and try again',
      ],
    ])('refuses %s', async (_what, body, status, message) => {
      const answer = await merge(path(), body);
      expect([answer.status, at(answer.body, 'message')]).toEqual([status, message]);
    });

    it('is not found if the object does not exist or has no scale', async () => {
      const none = await get(path().replace('/d/', '/none/'));
      expect([none.status, at(none.body, 'message')]).toEqual([404, 'deployments.apps "none" not found']);
      expect((await get(`${maps('a')}/scale`)).status).toBe(404);
    });
  });
});
