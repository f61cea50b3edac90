/** Checks that a response has the form that its request calls for, and throws CTM_API_PROTOCOL if not. */
import { asText, isJsonObject, type Json, type JsonObject, metadataOf } from '../../api/json.ts';
import type { KubeObject } from '../../api/meta.ts';
import { ApiError, type RequestName } from './api-errors.ts';
import type { WatchEvent } from './client.ts';
import type { JsonLine } from './lines.ts';

function protocolError(name: RequestName, message: string): ApiError {
  return new ApiError('CTM_API_PROTOCOL', name, `the response is not from a Kubernetes API server: ${message}`, {
    status: 200,
  });
}

export function objectIn<T extends KubeObject>(name: RequestName, answer: Json): T {
  if (!isJsonObject(answer)) throw protocolError(name, 'not an object');
  if (typeof answer.kind !== 'string' || !metadataOf(answer)) throw protocolError(name, 'no kind or metadata');
  // The server validated the object against the schema of the resource that T stands for.
  return answer as JsonObject & T;
}

/** One page; `next` is the token that continues after it. */
interface Page {
  readonly items: readonly JsonObject[];
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

/** Anything that is not clearly a list is an error, since an empty list means that every object was deleted. */
export function listIn(name: RequestName, answer: Json): Page {
  if (!isJsonObject(answer) || !asText(answer.kind)?.endsWith('List')) throw protocolError(name, 'not a list');
  const metadata = metadataOf(answer);
  const resourceVersion = asText(metadata?.resourceVersion);
  if (resourceVersion === undefined) throw protocolError(name, 'a list without resourceVersion');
  const items = answer.items ?? [];
  if (!Array.isArray(items) || !items.every(isJsonObject)) throw protocolError(name, 'items that are not objects');
  return { items, resourceVersion, next: asText(metadata?.continue) };
}

const EVENT_TYPES: ReadonlySet<string> = new Set<WatchEvent['type']>([
  'ADDED',
  'MODIFIED',
  'DELETED',
  'BOOKMARK',
  'ERROR',
]);

function isEventType(type: Json | undefined): type is WatchEvent['type'] {
  return typeof type === 'string' && EVENT_TYPES.has(type);
}

export function eventIn(name: RequestName, { json, bytes }: JsonLine): WatchEvent {
  if (!isJsonObject(json) || !isEventType(json.type) || !isJsonObject(json.object)) {
    throw protocolError(name, 'an event without type or object');
  }
  return { type: json.type, object: json.object, bytes };
}
