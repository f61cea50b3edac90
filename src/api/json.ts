/** JSON as it arrives from an API server: unknown until looked at. */

/** A JSON value as it travels to and from an API server. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A JSON object; an undefined member is not sent. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

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
