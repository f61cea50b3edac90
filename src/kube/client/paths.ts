/** URLs of the Kubernetes API. Source: Kubernetes documentation, "API concepts", "Resource URIs". */
import { apiVersion, type Resource } from '../../api/resources.ts';

/** Undefined and empty values are omitted. */
export type QueryParameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** Without a name, a collection; without a namespace, all of them, or a cluster-scoped object. */
export interface Place {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** Path of a collection, an object or a subresource, with its query. */
export function pathOf(resource: Resource, place: Place, query: QueryParameters = {}): string {
  const parts = [resource.group === '' ? 'api' : 'apis', ...apiVersion(resource).split('/')];
  if (place.namespace !== undefined) parts.push('namespaces', place.namespace);
  parts.push(resource.plural);
  if (place.name !== undefined) parts.push(place.name);
  if (place.subresource !== undefined) parts.push(place.subresource);
  const path = `/${parts.map(encodeURIComponent).join('/')}`;
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(key, String(value));
  }
  return parameters.size > 0 ? `${path}?${parameters}` : path;
}

/** `endpointslices.discovery.k8s.io`, `services/status`: the notation of kubectl and RBAC. */
export function resourceName(resource: Resource, subresource?: string): string {
  const name = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
  return subresource === undefined ? name : `${name}/${subresource}`;
}

/** `namespace/name` for messages, or the one of the two that is set. */
export function placeName(place: Place): string {
  return [place.namespace, place.name].filter((part) => part !== undefined).join('/');
}
