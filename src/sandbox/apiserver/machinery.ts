/** Stand-ins for src/sandbox/schema until it has them. */
import type { JsonObject } from '../../api/meta.ts';
import type { ResourceDefinition } from './resource.ts';
export function openApiIndex(_definitions: readonly ResourceDefinition[]): JsonObject {
  return { paths: {} };
}
export function openApiDocument(_groupVersion: string, _definitions: readonly ResourceDefinition[]): JsonObject {
  return {};
}
