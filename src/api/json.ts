/** Untyped JSON of the Kubernetes API. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Undefined members are not serialized. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** @throws SyntaxError */
export function parseJson(text: string): Json {
  return JSON.parse(text);
}

/** False for arrays and null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function metadataOf(object: JsonObject): JsonObject | undefined {
  return isJsonObject(object.metadata) ? object.metadata : undefined;
}

/** A string, or undefined for anything else. */
export function asText(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
