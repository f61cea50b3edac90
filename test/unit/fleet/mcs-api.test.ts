import { describe, expect, it } from 'vitest';
import { requireMcsApi } from '../../../src/fleet/mcs-api.ts';
import { ApiError } from '../../../src/kube/client/api-errors.ts';
import { FakeApi } from '../../support/fake-api.ts';

/** Discovery of a cluster that serves these paths; others are not found. */
function check(paths: Readonly<Record<string, unknown>>): Promise<void> {
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
  return requireMcsApi(client, new AbortController().signal);
}

const GROUP = '/apis/multicluster.x-k8s.io';
const VERSION = `${GROUP}/v1beta1`;
const both = { resources: [{ name: 'serviceexports' }, { name: 'serviceexports/status' }, { name: 'serviceimports' }] };
const error = (message: string) => ({ code: 'CTM_CRDS_MISSING', message: expect.stringContaining(message) });

describe('the CRDs of a member', () => {
  it('are accepted in v1beta1', async () => {
    await expect(check({ [VERSION]: both })).resolves.toBeUndefined();
  });

  it('are missing if the group is not served, or one of the kinds', async () => {
    await expect(check({})).rejects.toMatchObject(error('ServiceExport and ServiceImport'));
    await expect(check({ [VERSION]: { resources: [{ name: 'serviceexports' }] } })).rejects.toMatchObject(
      error('cluster1 does not serve ServiceImport in'),
    );
  });

  it('are too old if only v1alpha1 is served', async () => {
    const group = { versions: [{ groupVersion: 'multicluster.x-k8s.io/v1alpha1', version: 'v1alpha1' }] };
    await expect(check({ [GROUP]: group })).rejects.toMatchObject(
      error('only v1alpha1: the CRDs are missing or too old; install them with `catamaran crds | kubectl apply -f -`'),
    );
  });

  it.each([null, 5, 'ok', [], {}, { resources: 'x' }, { resources: [null, { name: 7 }, { name: 'serviceexports' }] }])(
    'are not judged by an answer such as %j, or are missing in it',
    async (answer) => {
      const outcome = await check({ [VERSION]: answer }).catch((err: unknown) => err);
      if (outcome !== undefined) expect(outcome).toMatchObject(error('not serve'));
    },
  );

  it('are not judged if discovery is forbidden', async () => {
    const request = { cluster: 'cluster1', verb: 'get', resource: VERSION, object: '' };
    const forbidden = new ApiError('CTM_API_STATUS', request, '403', { status: 403, reason: 'Forbidden' });
    await expect(check({ [VERSION]: forbidden })).resolves.toBeUndefined();
  });
});
