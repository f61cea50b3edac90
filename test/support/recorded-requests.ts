import type { Resource } from '../../src/api/resources.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { resourceName } from '../../src/kube/client/paths.ts';

/** The client, and a set to which each request adds `verb resource`, as RBAC names them. */
export function recordingRequests(client: KubeClient, requests: Set<string>): KubeClient {
  const note = (verb: string, resource: Resource, subresource?: string) => {
    requests.add(`${verb} ${resourceName(resource, subresource)}`);
  };
  const wrapper: KubeClient = {
    cluster: client.cluster,
    get: (resource, ...rest) => {
      note('get', resource);
      return client.get(resource, ...rest);
    },
    list: (resource, ...rest) => {
      note('list', resource);
      return client.list(resource, ...rest);
    },
    pages: (resource, ...rest) => {
      note('list', resource);
      return client.pages(resource, ...rest);
    },
    watch: (resource, options) => {
      note('watch', resource);
      // The initial state is read as by a list.
      if (options.sendInitialEvents) note('list', resource);
      return client.watch(resource, options);
    },
    create: (resource, ...rest) => {
      note('create', resource);
      return client.create(resource, ...rest);
    },
    update: (resource, object, options) => {
      note('update', resource, options?.subresource);
      return client.update(resource, object, options);
    },
    patch: (resource, object, patch, options) => {
      note('patch', resource, options?.subresource);
      return client.patch(resource, object, patch, options);
    },
    delete: (resource, ...rest) => {
      note('delete', resource);
      return client.delete(resource, ...rest);
    },
    raw: (...args) => client.raw(...args),
    close: () => client.close(),
  };
  return wrapper;
}
