/** Discovery: versions, groups, resources, documents, tables, permissions. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { parseJson } from '../../../src/api/json.ts';
import { at, onBothServers } from '../../support/api-servers/both-servers.ts';

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

onBothServers((server) => {
  const get = (path: string, accept?: string) =>
    server().request('GET', path, accept === undefined ? {} : { headers: { accept } });
  const named = (items: Json | undefined, name: string, key = 'name'): Json | undefined =>
    list(items).find((item) => at(item, key) === name);

  it('/version returns a version of Kubernetes 1.34', async () => {
    const { status, body } = await get('/version');
    expect(status).toBe(200);
    expect(body).toMatchObject({ major: '1', minor: '34', gitVersion: expect.stringMatching(/^v1\.34\.\d+/) });
  });

  it.each(['/healthz', '/livez', '/readyz'])('%s is ok', async (path) => {
    expect(await get(path)).toMatchObject({ status: 200, body: 'ok' });
  });

  it('/api and /apis list versions and groups', async () => {
    expect((await get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    const { body } = await get('/apis');
    expect(body).toMatchObject({ kind: 'APIGroupList', apiVersion: 'v1' });
    const apps = {
      name: 'apps',
      versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    };
    expect(named(at(body, 'groups'), 'apps')).toEqual(apps);
    expect((await get('/apis/apps')).body).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...apps });
  });

  it.each([
    ['/api/v1', ['services', 'services/status', 'pods', 'pods/status', 'namespaces', 'configmaps', 'endpoints']],
    ['/apis/apps/v1', ['deployments', 'deployments/scale', 'deployments/status', 'statefulsets', 'replicasets']],
    ['/apis/discovery.k8s.io/v1', ['endpointslices']],
    ['/apis/coordination.k8s.io/v1', ['leases']],
    ['/apis/events.k8s.io/v1', ['events']],
    ['/apis/rbac.authorization.k8s.io/v1', ['clusterroles', 'rolebindings']],
    ['/apis/networking.k8s.io/v1', ['servicecidrs', 'servicecidrs/status']],
    ['/apis/apiextensions.k8s.io/v1', ['customresourcedefinitions', 'customresourcedefinitions/status']],
    ['/apis/authorization.k8s.io/v1', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']],
  ])('%s lists the same resources on both servers', async (path, names) => {
    const { body } = await get(path);
    const resources = names.map((name) => named(at(body, 'resources'), name));
    // The common subset is pinned for each server separately.
    for (const [index, resource] of resources.entries()) {
      const { storageVersionHash: _hash, ...rest } = Object(resource);
      expect(rest, names[index]).toMatchObject({ name: names[index], verbs: expect.any(Array) });
    }
    expect(await snapshot(path, names, body)).toBe(true);
  });

  /** Compares with the other server's response. */
  async function snapshot(path: string, names: readonly string[], body: Json): Promise<boolean> {
    const said = names.map((name) => {
      const { storageVersionHash: _hash, ...rest } = Object(named(at(body, 'resources'), name));
      return rest;
    });
    const before = SAID.get(path);
    if (before === undefined) SAID.set(path, said);
    else expect(said).toEqual(before);
    return true;
  }

  it('supports aggregated discovery', async () => {
    const { status, headers, body } = await get('/apis', AGGREGATED);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    const apps = list(at(body, 'items')).find((item) => at(item, 'metadata', 'name') === 'apps');
    expect(at(apps, 'versions', 0, 'freshness')).toBe('Current');
    expect(named(at(apps, 'versions', 0, 'resources'), 'deployments', 'resource')).toEqual({
      resource: 'deployments',
      responseKind: { group: '', version: '', kind: 'Deployment' },
      scope: 'Namespaced',
      singularResource: 'deployment',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: [
        {
          subresource: 'scale',
          responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
          verbs: ['get', 'patch', 'update'],
        },
        {
          subresource: 'status',
          responseKind: { group: '', version: '', kind: 'Deployment' },
          verbs: ['get', 'patch', 'update'],
        },
      ],
    });
    const etag = String(headers.etag);
    const again = await server().request('GET', '/apis', { headers: { accept: AGGREGATED, 'if-none-match': etag } });
    expect(again.status).toBe(304);
    const core = await get('/api', AGGREGATED);
    expect(named(at(core.body, 'items', 0, 'versions', 0, 'resources'), 'services', 'resource')).toMatchObject({
      shortNames: ['svc'],
      categories: ['all'],
    });
  });

  it('/openapi/v2 is served for clients that need it for kinds missing from v3', async () => {
    const json = await get('/openapi/v2');
    expect(json).toMatchObject({ status: 200, body: { swagger: '2.0', info: { title: 'Kubernetes' } } });
    const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const { status, headers } = await get('/openapi/v2', type);
    expect([status, headers['content-type']]).toEqual([200, type.replace('@', '.')]);
  });

  it('/openapi/v3 lists documents, whose URLs change with their content', async () => {
    const { body } = await get('/openapi/v3');
    // A real server sends this as text.
    const index = typeof body === 'string' ? parseJson(body) : body;
    const url = String(at(index, 'paths', 'apis/apps/v1', 'serverRelativeURL'));
    expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/);
    const document = await get(url);
    expect(document.status).toBe(200);
    expect(Object.keys(Object(at(document.body, 'paths')))).toContain(
      '/apis/apps/v1/namespaces/{namespace}/deployments/{name}',
    );
    // Tells kubectl that the server validates fields.
    const patch = at(document.body, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch');
    expect(list(at(patch, 'parameters')).map((one) => at(one, 'name'))).toContain('fieldValidation');
    expect(at(patch, 'x-kubernetes-group-version-kind')).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
    expect((await get('/openapi/v3/apis/nobody.example/v1')).status).toBe(404);
  });

  describe('rights', () => {
    it.each<[string, JsonObject, JsonObject]>([
      [
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        { kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { verb: 'create', resource: 'pods' } } },
        { allowed: true },
      ],
      [
        '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
        { kind: 'SelfSubjectRulesReview', spec: { namespace: 'default' } },
        { resourceRules: expect.arrayContaining([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]) },
      ],
      [
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { kind: 'SelfSubjectReview' },
        { userInfo: { username: 'admin', groups: ['system:masters', 'system:authenticated'] } },
      ],
    ])('%s: everything', async (path, review, status) => {
      const apiVersion = path.split('/').slice(2, 4).join('/');
      const answer = await server().request('POST', path, { body: { apiVersion, ...review } });
      expect(answer.status).toBe(201);
      expect(at(answer.body, 'status')).toMatchObject(status);
    });
  });

  describe('tables', () => {
    it('include the metadata of objects', async () => {
      const namespace = await server().namespace('table');
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      await server().request('POST', path, { body: { metadata: { name: 'a' }, data: { x: '1', y: '2' } } });
      const { body } = await get(`${path}?labelSelector=!none&fieldSelector=metadata.name=a`, TABLE);
      expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
      expect(list(at(body, 'columnDefinitions')).map((column) => at(column, 'name'))).toEqual(['Name', 'Data', 'Age']);
      expect(list(at(body, 'rows', 0, 'cells')).slice(0, 2)).toEqual(['a', 2]);
      expect(at(body, 'rows', 0, 'object')).toMatchObject({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name: 'a', namespace },
      });
      const whole = await get(`${path}/a?includeObject=Object`, TABLE);
      expect(at(whole.body, 'rows', 0, 'object')).toMatchObject({ kind: 'ConfigMap', data: { x: '1' } });
      const none = await get(`${path}/a?includeObject=None`, TABLE);
      expect(at(none.body, 'rows', 0, 'object')).toBeNull();
    });

    it('reject an unknown includeObject', async () => {
      const { status, body } = await get('/api/v1/namespaces/default?includeObject=All', TABLE);
      expect(status).toBe(400);
      expect(at(body, 'message')).toContain("must be 'Metadata', 'Object', 'None', or empty");
    });

    it('are not the only alternative representation', async () => {
      const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
      const { body } = await get('/api/v1/namespaces?fieldSelector=metadata.name=default', accept);
      expect(body).toMatchObject({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        items: [{ metadata: { name: 'default' } }],
      });
      expect(at(body, 'items', 0)).not.toHaveProperty('spec');
    });
  });

  describe('a CRD', () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.discovery.test' },
      spec: {
        group: 'discovery.test',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { status: {} },
            additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1, default: 3 } } },
                  status: { type: 'object', properties: { ready: { type: 'boolean' } } },
                },
              },
            },
          },
        ],
      },
    };
    const widgets = (namespace: string): string => `/apis/discovery.test/v1/namespaces/${namespace}/widgets`;

    afterEach(async () => {
      await server().request('DELETE', `${CRDS}/widgets.discovery.test`);
      await expect
        .poll(async () => (await get(`${CRDS}/widgets.discovery.test`)).status, { timeout: 30_000 })
        .toBe(404);
    });

    async function install(): Promise<void> {
      await server().request('POST', CRDS, { body: definition });
      const established = async (): Promise<Json> => {
        const { body } = await get(`${CRDS}/widgets.discovery.test`);
        return at(named(at(body, 'status', 'conditions'), 'Established', 'type'), 'status') ?? null;
      };
      await expect.poll(established, { timeout: 30_000 }).toBe('True');
      await expect.poll(async () => (await get('/apis/discovery.test/v1')).status, { timeout: 30_000 }).toBe(200);
    }

    it('makes its resource served', async () => {
      expect(await get('/apis/discovery.test/v1')).toMatchObject({ status: 404, body: '404 page not found\n' });
      await install();
      expect(at((await get('/apis/discovery.test/v1')).body, 'resources', 0)).toMatchObject({
        name: 'widgets',
        singularName: 'widget',
        namespaced: true,
        kind: 'Widget',
        shortNames: ['wd'],
      });
      const namespace = await server().namespace('crd');
      const made = await server().request('POST', widgets(namespace), {
        body: {
          apiVersion: 'discovery.test/v1',
          kind: 'Widget',
          metadata: { name: 'w' },
          spec: { odd: 1 },
          status: { ready: true },
        },
      });
      expect(made).toMatchObject({ status: 201, body: { metadata: { generation: 1 }, spec: { size: 3 } } });
      expect(made.headers.warning).toBe('299 - "unknown field \\"spec.odd\\""');
      expect(made.body).not.toHaveProperty('status');
      const items = at((await get(widgets(namespace))).body, 'items');
      expect(items).toMatchObject([{ apiVersion: 'discovery.test/v1', kind: 'Widget' }]);

      const table = await get(widgets(namespace), TABLE);
      expect(list(at(table.body, 'columnDefinitions')).map((column) => at(column, 'name'))).toEqual(['Name', 'Size']);
      expect(at(table.body, 'rows', 0, 'cells')).toEqual(['w', 3]);
    });

    it.each<[string, string, Json, string, number, string]>([
      [
        'a value too small',
        'PATCH',
        { spec: { size: 0 } },
        'application/merge-patch+json',
        422,
        'Widget.discovery.test "w" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
      ],
      [
        'a strategic patch',
        'PATCH',
        { spec: { size: 4 } },
        'application/strategic-merge-patch+json',
        415,
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
      ],
      [
        'an update without a version',
        'PUT',
        { apiVersion: 'discovery.test/v1', kind: 'Widget', metadata: { name: 'w' } },
        'application/json',
        422,
        'widgets.discovery.test "w" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      ],
      [
        'another version',
        'PUT',
        { apiVersion: 'discovery.test/v2', kind: 'Widget', metadata: { name: 'w', resourceVersion: '1' } },
        'application/json',
        400,
        'the API version in the data (discovery.test/v2) does not match the expected API version (discovery.test/v1)',
      ],
    ])('rejects %s', async (_what, method, body, type, status, message) => {
      await install();
      const namespace = await server().namespace('crd');
      const widget = { apiVersion: 'discovery.test/v1', kind: 'Widget', metadata: { name: 'w' } };
      await server().request('POST', widgets(namespace), { body: widget });
      const verb = method === 'PUT' ? 'PUT' : 'PATCH';
      const answer = await server().request(verb, `${widgets(namespace)}/w`, { body, type });
      expect([answer.status, at(answer.body, 'message')]).toEqual([status, message]);
    });

    it('deletes its objects and ends their watches when it is deleted', async () => {
      await install();
      const namespace = await server().namespace('crd');
      const widget = { apiVersion: 'discovery.test/v1', kind: 'Widget', metadata: { name: 'w' } };
      await server().request('POST', widgets(namespace), { body: widget });
      const watching = server().watch(`${widgets(namespace)}?watch=1&timeoutSeconds=60`);
      await server().request('DELETE', `${CRDS}/widgets.discovery.test`);
      await expect.poll(async () => (await get(widgets(namespace))).status, { timeout: 30_000 }).toBe(404);
      expect((await watching).map(({ type }) => type)).toEqual(expect.arrayContaining(['ADDED', 'DELETED']));
    });
  });
});

/** Resources by path, as reported by the first server. */
const SAID = new Map<string, readonly JsonObject[]>();
