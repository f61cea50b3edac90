import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/api/meta.ts';
import { discoverCluster } from '../../../src/fleet/discovery.ts';
import { ApiError } from '../../../src/kube/client/api-errors.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';

/** A cluster of a version that has only these objects, by kind. */
function clusterOf(version: object, objects: Readonly<Record<string, object>>): KubeClient {
  const absent = (name: string) =>
    new ApiError('CTM_API_STATUS', { cluster: 'c', verb: 'get', resource: name, object: name }, 'not found', {
      status: 404,
      reason: 'NotFound',
    });
  const get: KubeClient['get'] = async <T extends KubeObject>({ kind }: { readonly kind: string }) => {
    const found = objects[kind];
    if (!found) throw absent(kind);
    return found as T; // as a server would return it
  };
  const unused = () => Promise.reject(new Error('not used here'));
  return {
    cluster: 'c',
    get,
    raw: async () => version,
    list: unused,
    pages: () => ({ [Symbol.asyncIterator]: () => ({ next: unused }) }),
    create: unused,
    update: unused,
    patch: unused,
    delete: unused,
    watch: () => ({ [Symbol.asyncIterator]: () => ({ next: unused }) }),
    close: async () => {},
  };
}

const kubeSystem = { metadata: { name: 'kube-system', uid: 'u-1' } };

const signal = new AbortController().signal;

describe('the network of a member', () => {
  const dual = { ServiceCIDR: { spec: { cidrs: ['fd00::/112', '10.0.0.0/16'] } } };

  it("has the families of the cluster's ServiceCIDR", async () => {
    const client = clusterOf({ minor: '34' }, { Namespace: kubeSystem, ...dual });
    expect((await discoverCluster(client, signal)).ipFamilies).toEqual(['IPv6', 'IPv4']);
  });

  it('has the families of the Service kubernetes if the cluster does not serve ServiceCIDR', async () => {
    const service = { spec: { clusterIPs: ['fd00::1'] } };
    const client = clusterOf({ minor: '30' }, { Namespace: kubeSystem, Service: service });
    expect((await discoverCluster(client, signal)).ipFamilies).toEqual(['IPv6']);
  });
});

describe('the version of a member', () => {
  it.each(['22', '22+', '37'])('1.%s is supported', async (minor) => {
    const client = clusterOf({ minor }, { Namespace: kubeSystem });
    expect(await discoverCluster(client, signal)).toMatchObject({
      identity: { uid: 'u-1' },
      version: { minor: Number.parseInt(minor, 10) },
    });
  });

  it('is named with what is supported if it is too old', async () => {
    const client = clusterOf({ minor: '21', gitVersion: 'v1.21.14' }, { Namespace: kubeSystem });
    await expect(discoverCluster(client, signal)).rejects.toMatchObject({
      code: 'CTM_MEMBER_VERSION',
      message: 'cluster c runs Kubernetes v1.21.14; supported: 1.22 or later',
    });
  });

  it('may be unknown', async () => {
    const client = clusterOf({ minor: 'none' }, { Namespace: kubeSystem });
    expect((await discoverCluster(client, signal)).version).toBeUndefined();
  });
});
