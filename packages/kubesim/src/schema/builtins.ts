/**
 * Schemas of the built-in resources, recorded from kube-apiserver by tools/codegen/openapi.ts. References are resolved
 * lazily, and each component has one schema per process.
 */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject, members } from '../machinery/json.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import resource from './builtin/api.resource.json' with { type: 'json' };
import apiextensions from './builtin/apiextensions.v1.json' with { type: 'json' };
import apps from './builtin/apps.v1.json' with { type: 'json' };
import autoscaling from './builtin/autoscaling.v1.json' with { type: 'json' };
import batch from './builtin/batch.v1.json' with { type: 'json' };
import coordination from './builtin/coordination.v1.json' with { type: 'json' };
import core from './builtin/core.v1.json' with { type: 'json' };
import discovery from './builtin/discovery.v1.json' with { type: 'json' };
import events from './builtin/events.v1.json' with { type: 'json' };
import kinds from './builtin/kinds.json' with { type: 'json' };
import meta from './builtin/meta.v1.json' with { type: 'json' };
import networking from './builtin/networking.v1.json' with { type: 'json' };
import runtime from './builtin/pkg.runtime.json' with { type: 'json' };
import rbac from './builtin/rbac.v1.json' with { type: 'json' };
import storage from './builtin/storage.v1.json' with { type: 'json' };
import intstr from './builtin/util.intstr.json' with { type: 'json' };

/** A recorded schema: OpenApiSchema, but with `$ref` to a component next to the members that override it. */
export type RecordedSchema = Omit<OpenApiSchema, 'properties' | 'items' | 'additionalProperties'> & {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, RecordedSchema>>;
  readonly items?: RecordedSchema;
  readonly additionalProperties?: RecordedSchema;
};

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** Schemas of types with custom JSON encodings, which the OpenAPI documents do not describe. */
const OWN_FORMS: Readonly<Record<string, RecordedSchema>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { format: 'int-or-string', 'x-kubernetes-int-or-string': true },
  [`${META}.FieldsV1`]: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  [`${JSON_SCHEMA}.JSON`]: { 'x-kubernetes-preserve-unknown-fields': true },
};

/** Members that hold either a schema or another value, such as a boolean or a list. */
const SCHEMA_OR_OTHER: ReadonlySet<string> = new Set(
  ['JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool', 'JSONSchemaPropsOrStringArray'].map(
    (name) => `${JSON_SCHEMA}.${name}`,
  ),
);

// A cast, because the compiler widens literals in JSON modules to string. The tool writes this type.
const RECORDED = {
  ...{ ...resource, ...apiextensions, ...apps, ...autoscaling, ...batch, ...coordination, ...core, ...discovery },
  ...{ ...events, ...meta, ...networking, ...runtime, ...rbac, ...storage, ...intstr },
} as unknown as Readonly<Record<string, RecordedSchema>>;

const KINDS: Readonly<Record<string, string>> = kinds;

/**
 * The schema of a component as recorded.
 *
 * @throws RangeError if there is none.
 */
export function recordedComponent(name: string): RecordedSchema {
  if (SCHEMA_OR_OTHER.has(name)) {
    const { type: _object, ...schema } = recordedComponent(`${JSON_SCHEMA}.JSONSchemaProps`);
    return schema;
  }
  const schema = OWN_FORMS[name] ?? RECORDED[name];
  if (!schema) throw new RangeError(`no recorded schema for ${name}`);
  return schema;
}

/** The component of a built-in kind; undefined if it is not built in. */
export function builtinComponent(group: string, version: string, kind: string): string | undefined {
  return KINDS[`${group}/${version}/${kind}`];
}

/**
 * The schema of a built-in kind.
 *
 * @throws RangeError if the kind is not built in.
 */
export function builtinSchema(group: string, version: string, kind: string): OpenApiSchema {
  const name = builtinComponent(group, version, kind);
  if (name === undefined) throw new RangeError(`${kind} of ${group}/${version} is not a built-in kind`);
  return componentSchema(name);
}

const resolved = new Map<string, OpenApiSchema>();

/** The schema of a component, such as `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`. */
export function componentSchema(name: string): OpenApiSchema {
  const known = resolved.get(name);
  if (known) return known;
  const schema = follow({ 'x-go-type': name.split('.').slice(-2).join('.'), ...recordedComponent(name) });
  resolved.set(name, schema);
  return schema;
}

/**
 * Resolves the references of a schema. Those of its children are resolved on access, because components can be
 * recursive.
 */
function follow(recorded: RecordedSchema): OpenApiSchema {
  const { $ref: ref, ...own } = recorded;
  if (ref !== undefined && Object.keys(own).length === 0) return componentSchema(ref);
  const flat: RecordedSchema =
    ref === undefined ? own : { 'x-go-type': ref.split('.').slice(-2).join('.'), ...recordedComponent(ref), ...own };
  const { properties, items, additionalProperties, ...rest } = flat;
  const schema: OpenApiSchema = { ...rest };
  if (properties) {
    later(schema, 'properties', () =>
      Object.freeze(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, follow(one)]))),
    );
  }
  // Items without a type name derive it from the list's: `[]v1.IPFamily`.
  const named = flat['x-go-type']?.startsWith('[]') && items?.$ref === undefined;
  if (items)
    later(schema, 'items', () => follow(named ? { 'x-go-type': flat['x-go-type']?.slice(2), ...items } : items));
  if (additionalProperties) later(schema, 'additionalProperties', () => follow(additionalProperties));
  if (flat['x-go-type'] === undefined) later(schema, 'x-go-type', () => goTypeOf(schema));
  return Object.freeze(schema);
}

function later<T>(target: object, key: string, make: () => T): void {
  let made: T | undefined;
  Object.defineProperty(target, key, {
    enumerable: true,
    get: () => {
      made ??= make();
      return made;
    },
  });
}

/** Go's name for an unnamed type. */
function goTypeOf({ type, format, items, additionalProperties }: OpenApiSchema): string {
  if (type === 'array') return `[]${items?.['x-go-type'] ?? 'interface {}'}`;
  if (type === 'boolean') return 'bool';
  if (type === 'integer' || type === 'number') return format ?? type;
  if (type !== 'object') return type ?? 'interface {}';
  const values = typeof additionalProperties === 'object' ? additionalProperties['x-go-type'] : undefined;
  return `map[string]${values ?? 'interface {}'}`;
}

/** Components referenced by a recorded schema. */
export function componentsIn(schema: RecordedSchema): readonly string[] {
  const found: string[] = [];
  const look = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (isObject(value)) {
      for (const [key, member] of members(value)) {
        if (key === '$ref' && typeof member === 'string') found.push(member);
        else look(member);
      }
    }
  };
  look(schema as JsonObject);
  return found;
}
