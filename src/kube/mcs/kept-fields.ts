/**
 * Fields of ServiceImports that the CRD lacks. They are kept in annotations, one for each field, so that the rest of the
 * program sees complete objects, and needs no write to find out that nothing changed.
 */
import { isJsonObject, type Json, type JsonObject, metadataOf, parseJson } from '../../api/json.ts';
import { KEPT_FIELDS } from '../../api/labels.ts';
import type { McsField } from './mcs-fields.ts';

/** `endpointSliceObjects` has always the same value, so it is not kept. */
const PRESENCE = 'endpointSliceObjects';

interface KeptField {
  readonly part: 'spec' | 'status';
  readonly name: string;
}

/** What is kept of the fields that a CRD lacks. */
export type KeptFields = readonly KeptField[];

/** The fields to keep for a CRD that lacks some. */
export function keptFields(lacks: readonly McsField[]): KeptFields {
  return lacks.flatMap((field): KeptField[] => {
    if (field === 'spec.ips[1]') return [{ part: 'spec', name: 'ips' }];
    const [part, name = ''] = field.split('.');
    return (part === 'spec' || part === 'status') && name !== PRESENCE ? [{ part, name }] : [];
  });
}

/** Keys of the annotations of kept fields. */
export function annotationsOf(fields: KeptFields): readonly string[] {
  return fields.map(annotationOf);
}

function annotationOf({ part, name }: KeptField): string {
  return `${KEPT_FIELDS}/${part}.${name}`;
}

/** A patch or an object, divided into what the CRD has and what is kept. */
export interface Divided {
  readonly body: JsonObject;
  /** Null removes an annotation. */
  readonly annotations: JsonObject;
}

/** Divides a merge patch, or an object to create. The first address stays in `spec.ips`. */
export function divide(body: JsonObject, fields: KeptFields): Divided {
  let rest = body;
  const annotations: Record<string, Json> = {};
  for (const field of fields) {
    const part = rest[field.part];
    if (!isJsonObject(part)) continue;
    const { [field.name]: value, ...others } = part;
    if (value === undefined) continue;
    const isShort = field.name === 'ips' && !(Array.isArray(value) && value.length > 1);
    annotations[annotationOf(field)] = value === null || isShort ? null : JSON.stringify(value);
    const kept = field.name === 'ips' ? { ips: Array.isArray(value) ? value.slice(0, 1) : value } : {};
    rest = { ...rest, [field.part]: { ...others, ...kept } };
  }
  return { body: rest, annotations };
}

/** Keys of the annotations of kept fields that an object has. */
export function keptKeys(object: JsonObject): readonly string[] {
  const annotations = metadataOf(object)?.annotations;
  if (!isJsonObject(annotations)) return [];
  return Object.keys(annotations).filter((key) => key.startsWith(`${KEPT_FIELDS}/`));
}

/**
 * An object with its kept fields in their places, and without their annotations. A field that the object has precedes
 * one that was kept.
 */
export function restore(object: JsonObject, fields: KeptFields): JsonObject {
  const metadata = metadataOf(object);
  const annotations = isJsonObject(metadata?.annotations) ? metadata.annotations : {};
  let restored = object;
  for (const field of fields) {
    const value = parsed(annotations[annotationOf(field)]);
    if (value === undefined) continue;
    const part = restored[field.part];
    const fieldsOfPart = isJsonObject(part) ? part : {};
    if (isSuperseded(fieldsOfPart[field.name], value)) continue;
    restored = { ...restored, [field.part]: { ...fieldsOfPart, [field.name]: value } };
  }
  const keys = keptKeys(object);
  if (keys.length === 0) return restored;
  const others = Object.fromEntries(Object.entries(annotations).filter(([key]) => !keys.includes(key)));
  return { ...restored, metadata: { ...metadata, annotations: others } };
}

/** Whether a field was written since another value of it was kept. Of a kept list of addresses, it has the first one. */
function isSuperseded(current: Json | undefined, kept: Json): boolean {
  if (current === undefined || current === null) return false;
  if (!Array.isArray(current) || !Array.isArray(kept)) return true;
  return current.length !== 1 || kept.length < 2 || current[0] !== kept[0];
}

function parsed(text: Json | undefined): Json | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
