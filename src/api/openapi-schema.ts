/** Builders of OpenAPI v3 schemas for CustomResourceDefinitions (apiextensions.k8s.io/v1 JSONSchemaProps). */

/** JSONSchemaProps, reduced to the fields used here. */
export interface Schema {
  readonly description?: string;
  readonly type: 'object' | 'array' | 'string' | 'integer';
  readonly format?: 'int32' | 'int64' | 'date-time';
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maxItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

type Limits = Omit<Schema, 'type' | 'description'>;

export function text(description: string, limits: Limits = {}): Schema {
  return { description, type: 'string', ...limits };
}

export function integer(description: string, format: 'int32' | 'int64', limits: Limits = {}): Schema {
  return { description, type: 'integer', format, ...limits };
}

export function textMap(description: string): Schema {
  return { description, type: 'object', additionalProperties: { type: 'string' } };
}

export function list(description: string, items: Schema, limits: Limits = {}): Schema {
  return { description, type: 'array', items, ...limits };
}

/** A list whose items are identified by one field, so that several managers can each apply their own. */
export function listByKey(description: string, key: string, items: Schema): Schema {
  return list(description, items, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
}

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

/**
 * An object with exactly the fields of `T`: a schema with a missing or additional field, or with an optional field that
 * the type requires, does not compile. Fields not listed in `optional` are required.
 */
export function object<T extends object>(
  description: string,
  properties: { readonly [K in keyof Required<T>]: Schema },
  optional: readonly OptionalKeys<T>[] = [],
): Schema {
  const left = new Set<PropertyKey>(optional);
  const required = Object.keys(properties).filter((name) => !left.has(name));
  return {
    description,
    type: 'object',
    ...(required.length > 0 && { required: required.toSorted() }),
    properties,
  };
}
