/** The empty object of a kind, which the API server compares new objects with. */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject, isZero, members } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';

/** A built-in object without any fields set, as serialized; empty for a custom resource. */
export function zeroObject(schema: OpenApiSchema): JsonObject {
  if (schema['x-go-type'] === undefined) return {};
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, child]): [string, Json][] => {
    const value = zeroValue(child);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(fields);
}

function zeroValue(schema: OpenApiSchema): Json | undefined {
  const { default: value } = schema;
  if (schema['x-go-null']) return null;
  if (isObject(value) && members(value).length === 0) return zeroObject(schema);
  // Defaults other than Go zero values are applied later.
  return isZero(value) ? value : undefined;
}
