/** JSON as it arrives from an API server: unknown until looked at. */
import type { Json, JsonObject } from '../api/meta.ts';

/** Parses JSON. Throws a SyntaxError. */
export function parseJson(text: string): Json {
  return JSON.parse(text);
}

/** Whether a value is a JSON object (not an array, not null). */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `metadata` of an object; undefined where there is none. */
export function metadataOf(object: JsonObject): JsonObject | undefined {
  return isJsonObject(object.metadata) ? object.metadata : undefined;
}

/** A string, or undefined for anything else. */
export function asText(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
