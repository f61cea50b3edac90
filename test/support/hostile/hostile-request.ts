/** Requests as a hostile API server sees them. */
import type { TransportRequest } from '../../../src/kube/client/transport.ts';

export interface HostileRequest {
  readonly method: TransportRequest['method'];
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** `endpointslices`; undefined for paths such as /version. */
  readonly plural: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** A WatchList is `watchlist`, a further page of a list `page`, a path that is not a resource `raw`. */
  readonly verb: 'get' | 'list' | 'page' | 'watch' | 'watchlist' | 'write' | 'raw';
  readonly signal: AbortSignal;
  /** As it was sent. */
  readonly sent: TransportRequest;
}

/** Selects requests. */
export type Match = (request: HostileRequest) => boolean;

/** Lists of a resource, each page included. */
export function listsOf(plural: string): Match {
  return (request) => request.plural === plural && (request.verb === 'list' || request.verb === 'page');
}

/** Watches of a resource, with or without the initial state. */
export function watchesOf(plural: string): Match {
  return (request) => request.plural === plural && request.verb.startsWith('watch');
}

/** Parses a request. Source: Kubernetes documentation, "API concepts", "Resource URIs". */
export function hostileRequest(sent: TransportRequest): HostileRequest {
  const { method, path: target, signal } = sent;
  const { pathname: path, searchParams: query } = new URL(target, 'http://cluster');
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const places = parts[0] === 'api' ? parts.slice(2) : parts[0] === 'apis' ? parts.slice(3) : [];
  const namespaced = places[0] === 'namespaces' && places.length > 2;
  const [plural, name] = namespaced ? places.slice(2) : places;
  const namespace = namespaced ? places[1] : undefined;
  return { method, path, query, plural, namespace, name, verb: verbOf(method, plural, name, query), signal, sent };
}

function verbOf(
  method: TransportRequest['method'],
  plural: string | undefined,
  name: string | undefined,
  query: URLSearchParams,
): HostileRequest['verb'] {
  if (method !== 'GET') return 'write';
  if (plural === undefined) return 'raw';
  if (query.get('watch') === 'true') return query.get('sendInitialEvents') === 'true' ? 'watchlist' : 'watch';
  if (name !== undefined) return 'get';
  return query.has('continue') ? 'page' : 'list';
}
