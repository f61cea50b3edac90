/** Parsing of request paths of an API server. */
import type { ResourceName } from 'kubesim';

/** The parts of a request's path and query. */
export interface RequestTarget {
  /** `/services`, `discovery.k8s.io/endpointslices`; undefined if the path is not that of a resource. */
  readonly resource: ResourceName | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Parses the path of a request. Source: Kubernetes documentation, "API concepts", "Resource URIs". */
export function targetOf(pathAndQuery: string): RequestTarget {
  const { pathname: path, searchParams: query } = new URL(pathAndQuery, 'http://cluster');
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const [root, ...rest] = parts;
  const group = root === 'apis' ? rest.shift() : '';
  rest.shift();
  const namespaced = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize';
  const namespace = namespaced ? rest[1] : undefined;
  const [plural, name, subresource] = namespaced ? rest.slice(2) : rest;
  const isResource = (root === 'api' || root === 'apis') && plural !== undefined;
  return { resource: isResource ? `${group ?? ''}/${plural}` : undefined, namespace, name, subresource, path, query };
}
