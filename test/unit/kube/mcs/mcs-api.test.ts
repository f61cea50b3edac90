import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../../src/kube/client/api-errors.ts';
import { FULL_MCS_API, type McsApi, readMcsApi } from '../../../../src/kube/mcs/mcs-api.ts';
import { crdsOf, type McsRelease } from '../../../support/clusters/mcs-releases.ts';
import { FakeApi } from '../../../support/fake-api.ts';

/** Discovery of a cluster that serves these paths; others are not found. */
function check(paths: Readonly<Record<string, unknown>>, known?: McsApi): Promise<McsApi> {
  const client = {
    ...new FakeApi().client(),
    raw: async (path: string) => {
      const found = paths[path];
      if (found instanceof Error) throw found;
      if (found !== undefined) return found;
      const request = { cluster: 'cluster1', verb: 'get', resource: path, object: '' };
      throw new ApiError('CTM_API_STATUS', request, '404', { status: 404, reason: 'NotFound' });
    },
  };
  return readMcsApi(client, new AbortController().signal, known);
}

const GROUP = '/apis/multicluster.x-k8s.io';
const VERSION = `${GROUP}/v1beta1`;
const OLD = `${GROUP}/v1alpha1`;
const OPEN_API = '/openapi/v3/apis/multicluster.x-k8s.io';
const crdPath = (plural: string) =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.multicluster.x-k8s.io`;
const both = { resources: [{ name: 'serviceexports' }, { name: 'serviceexports/status' }, { name: 'serviceimports' }] };
const error = (message: string) => ({ code: 'CTM_CRDS_MISSING', message: expect.stringContaining(message) });
const request = { cluster: 'cluster1', verb: 'get', resource: VERSION, object: '' };
const forbidden = new ApiError('CTM_API_STATUS', request, '403', { status: 403, reason: 'Forbidden' });

/** The OpenAPI document of a release, as an API server publishes it. */
function published(release: McsRelease, version: string): object {
  const schemas = crdsOf(release).map((crd) => {
    const { spec } = JSON.parse(JSON.stringify(crd));
    const { schema } = spec.versions.find((each: { name: string }) => each.name === version);
    const gvk = [{ group: spec.group, version, kind: spec.names.kind }];
    return [`io.x-k8s.${spec.names.kind}`, { ...schema.openAPIV3Schema, 'x-kubernetes-group-version-kind': gvk }];
  });
  return { components: { schemas: { Other: { type: 'object' }, ...Object.fromEntries(schemas) } } };
}

describe('the CRDs of a member', () => {
  it('are used in v1beta1 if it is served', async () => {
    expect(await check({ [VERSION]: both, [OLD]: both })).toEqual(FULL_MCS_API);
  });

  it('are missing if the group is not served, or one of the kinds', async () => {
    await expect(check({})).rejects.toMatchObject(error('ServiceExport and ServiceImport'));
    await expect(check({ [VERSION]: { resources: [{ name: 'serviceexports' }] } })).rejects.toMatchObject(
      error('cluster1 does not serve ServiceImport of multicluster.x-k8s.io in v1beta1 or v1alpha1'),
    );
  });

  it('are too new if only an unknown version is served', async () => {
    const group = { versions: [{ groupVersion: 'multicluster.x-k8s.io/v1', version: 'v1' }] };
    await expect(check({ [GROUP]: group })).rejects.toMatchObject(
      error('only v1: the CRDs are missing; install them with `catamaran crds | kubectl apply -f -`'),
    );
  });

  it('are used in v1alpha1 if no other version is served, and each kind in its own version', async () => {
    expect(await check({ [OLD]: both, [`${OPEN_API}/v1alpha1`]: published('0.4', 'v1alpha1') })).toEqual({
      serviceExports: { version: 'v1alpha1', lacks: [] },
      serviceImports: { version: 'v1alpha1', lacks: ['status.endpointSliceObjects'] },
    });
    const mixed = { [VERSION]: { resources: [{ name: 'serviceexports' }] }, [OLD]: both };
    expect(await check(mixed)).toMatchObject({
      serviceExports: { version: 'v1beta1' },
      serviceImports: { version: 'v1alpha1' },
    });
  });

  it('lack what their schema lacks, by release', async () => {
    const lacks = async (release: McsRelease, version: string) => {
      const api = await check({
        [`${GROUP}/${version}`]: both,
        [`${OPEN_API}/${version}`]: published(release, version),
      });
      return [api.serviceExports.lacks, api.serviceImports.lacks];
    };
    const traffic = ['spec.ipFamilies', 'spec.internalTrafficPolicy', 'spec.trafficDistribution', 'status.conditions'];
    const presence = 'status.endpointSliceObjects';
    expect(await lacks('0.1', 'v1alpha1')).toEqual([
      ['spec.exportedLabels', 'spec.exportedAnnotations', 'status.conditions.observedGeneration'],
      ['spec.ips[1]', ...traffic, presence],
    ]);
    expect(await lacks('cilium', 'v1alpha1')).toEqual([
      ['spec.exportedLabels', 'spec.exportedAnnotations'],
      ['spec.ips[1]', ...traffic, presence],
    ]);
    expect(await lacks('0.2', 'v1alpha1')).toEqual([[], [...traffic, presence]]);
    expect(await lacks('0.5.0', 'v1beta1')).toEqual([[], [presence]]);
    expect(await lacks('v1beta1 only', 'v1beta1')).toEqual([[], []]);
  });

  it('show their schema themselves if the API server publishes none', async () => {
    const [exports, imports] = crdsOf('0.4');
    const paths = { [OLD]: both, [crdPath('serviceexports')]: exports, [crdPath('serviceimports')]: imports };
    expect((await check(paths)).serviceImports.lacks).toEqual(['status.endpointSliceObjects']);
  });

  it('show their schema themselves before Kubernetes 1.24, whose API servers do not know the path', async () => {
    const unknown = new ApiError('CTM_API_STATUS', request, '404 Not Found: 404 page not found', { status: 404 });
    const paths = { [VERSION]: both, [`${OPEN_API}/v1beta1`]: unknown };
    expect(await check(paths)).toEqual(FULL_MCS_API);
  });

  it('count as complete in v1beta1 and as the oldest release in v1alpha1 if no schema may be read', async () => {
    const hidden = { [crdPath('serviceexports')]: forbidden, [crdPath('serviceimports')]: forbidden };
    expect(await check({ ...hidden, [VERSION]: both })).toEqual(FULL_MCS_API);
    const { serviceExports, serviceImports } = await check({ ...hidden, [OLD]: both });
    expect([serviceExports.lacks.length, serviceImports.lacks.length]).toEqual([3, 6]);
  });

  it('stay as they were while discovery or the schema is not available', async () => {
    const known = await check({ [OLD]: both, [`${OPEN_API}/v1alpha1`]: published('0.4', 'v1alpha1') });
    expect(await check({ [VERSION]: forbidden }, known)).toEqual(known);
    expect(await check({ [OLD]: both }, known)).toEqual(known);
  });

  it.each([null, 5, 'ok', [], {}, { resources: 'x' }, { resources: [null, { name: 7 }, { name: 'serviceexports' }] }])(
    'are not judged by an answer such as %j, or are missing in it',
    async (answer) => {
      const outcome = await check({ [VERSION]: answer }).catch((err: unknown) => err);
      if (outcome instanceof Error) expect(outcome).toMatchObject(error('not serve'));
      else expect(outcome).toEqual(FULL_MCS_API);
    },
  );

  it('are not judged if discovery is forbidden', async () => {
    expect(await check({ [VERSION]: forbidden })).toEqual(FULL_MCS_API);
  });
});
