/** Stand-ins for src/sandbox/schema until it has them. */
import type { JsonObject } from '../../api/meta.ts';
import type { OpenApiSchema } from '../schema/schema.ts';
import type { FieldError } from './fieldError.ts';
import type { ManagedFields } from './object.ts';
import type { ResourceDefinition } from './resource.ts';
export function decodeProblem(_schema: OpenApiSchema, _value: JsonObject): string | undefined {
  return undefined;
}
export function validateSchema(_schema: OpenApiSchema, _value: JsonObject): readonly FieldError[] {
  return [];
}
export function trackUpdateX(input: {
  schema: OpenApiSchema;
  live?: JsonObject;
  updated: JsonObject;
  manager: string;
  apiVersion: string;
  subresource?: string;
  now: string;
}): readonly ManagedFields[] {
  return [
    {
      manager: input.manager,
      operation: 'Update',
      apiVersion: input.apiVersion,
      time: input.now,
      fieldsType: 'FieldsV1',
      fieldsV1: {},
    },
  ];
}
export type Applied = { object: JsonObject } | { conflicts: readonly { manager: string; field: string }[] };
export function applyConfiguration(input: {
  schema: OpenApiSchema;
  live?: JsonObject;
  applied: JsonObject;
  manager: string;
  apiVersion: string;
  subresource?: string;
  force: boolean;
  now: string;
}): Applied {
  return { object: { ...input.live, ...input.applied } };
}
export function openApiIndex(_definitions: readonly ResourceDefinition[]): JsonObject {
  return { paths: {} };
}
export function openApiDocument(_groupVersion: string, _definitions: readonly ResourceDefinition[]): JsonObject {
  return {};
}
export function customResource(_crd: JsonObject): ResourceDefinition {
  throw new Error('not yet');
}
