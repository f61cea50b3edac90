/** Paths of the resource API. Source: Kubernetes documentation, "API concepts", "Resource URIs". */

import type { ResourceDefinition } from '../machinery/resource.ts';
import { StatusError } from '../machinery/status.ts';
import type { Registry } from './registry.ts';
import type { Target } from './target.ts';

export interface Route {
  readonly target: Target;
  readonly subresource: string | undefined;
}

/** Subresources of namespaces, which look like resources within a namespace. */
const OF_NAMESPACES: ReadonlySet<string> = new Set(['status', 'finalize']);

/** 404 for an unknown resource in a served group. */
export function notServed(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** Whether the resource supports deletecollection. */
export function hasDeleteCollection({ group, plural }: ResourceDefinition): boolean {
  return group !== '' || plural !== 'namespaces';
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError(405, 'MethodNotAllowed', message, {});
}

/** The segments after group and version: namespace, resource, name and the rest. */
function split(parts: readonly string[]) {
  const [first = '', second, third] = parts;
  if (first !== 'namespaces' || second === undefined || third === undefined || OF_NAMESPACES.has(third))
    return { namespace: undefined, rest: parts };
  return { namespace: second, rest: parts.slice(2) };
}

/**
 * The route of a path below `/api/v1` or `/apis/GROUP/VERSION`, given as decoded segments without that prefix.
 *
 * @throws StatusError 404 for an unknown resource.
 */
export function routeOf(registry: Registry, group: string, version: string, parts: readonly string[]): Route {
  const { namespace, rest } = split(parts);
  const [plural = '', name, ...subresource] = rest;
  const served = registry.find(group, version, plural);
  if (!served || served.definition.namespaced !== (namespace !== undefined)) {
    const everywhere = served?.definition.namespaced && name === undefined;
    if (!served || !everywhere) throw notServed();
  }
  return {
    target: { ...served, ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) },
    subresource: subresource.length > 0 ? subresource.join('/') : undefined,
  };
}
