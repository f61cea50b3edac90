/** Pod templates: comparison, hashing, and creation of pods. */
import type { Json, JsonObject, StringMap } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { PodTemplate } from './kinds.ts';
import { controllerReference } from './owners.ts';

/** On ReplicaSets and their pods: hash of the Deployment's template. */
export const TEMPLATE_HASH = 'pod-template-hash';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Alphanumerics that do not form words, as in Kubernetes. */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/** JSON with sorted keys, so that equal values have equal text. */
export function canonical(value: Json | undefined): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (isList(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join()}}`;
}

// Array.isArray does not narrow readonly arrays.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** A short hash of a value: 32-bit FNV-1a, in characters that are safe for names. */
export function shortHash(value: Json, collisions = 0): string {
  let hash = FNV_OFFSET;
  const text = collisions === 0 ? canonical(value) : `${canonical(value)}${collisions}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME) >>> 0;
  return Array.from(String(hash), (digit) => SAFE[digit.charCodeAt(0) % SAFE.length]).join('');
}

/** A template without the hash label. */
function bare({ metadata, ...rest }: PodTemplate): JsonObject {
  const { [TEMPLATE_HASH]: _, ...labels }: Record<string, string> = { ...metadata?.labels };
  return { ...rest, metadata: { ...metadata, labels } };
}

/** Whether two templates produce the same pods. */
export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return sameJson(bare(a), bare(b));
}

/** A new pod of a template, with `owner` as its controller. */
export function podOf(
  owner: StoredObject,
  { metadata, spec }: PodTemplate,
  names: { readonly name?: string; readonly generateName: string },
  more: { readonly labels?: StringMap; readonly spec?: JsonObject } = {},
): JsonObject {
  const { namespace } = owner.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...names,
      ...(namespace !== undefined && { namespace }),
      labels: { ...metadata?.labels, ...more.labels },
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...spec, ...more.spec },
  };
}

/** Whether two API values are equal; undefined members count as absent. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isList(a) || isList(b)) {
    return isList(a) && isList(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  for (const key in a) if (!sameJson(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}
