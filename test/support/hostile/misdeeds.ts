/** What a hostile API server does to its clients. Each is one row of the budgets, or of the schema. */
import { isJsonObject, type Json, type JsonObject, metadataOf, parseJson } from '../../../src/api/json.ts';
import type { TransportResponse } from '../../../src/kube/client/transport.ts';
import { MemoryBody, wholeBody } from '../memory-body.ts';
import { jsonResponse, type Misdeed } from './hostile-api-server.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };
const CHUNK = 64 * 1024;

function streamed(chunks: AsyncIterable<Uint8Array>): TransportResponse {
  return { statusCode: 200, headers: JSON_HEADERS, body: new MemoryBody(chunks) };
}

/** A list page with a continue token that is different each time: the list never ends. */
export function endlessPages(items: readonly Json[] = []): Misdeed {
  let page = 0;
  return () => jsonResponse({ kind: 'List', metadata: { resourceVersion: '1', continue: `token-${++page}` }, items });
}

/** A list page with the same continue token again and again. */
export function sameToken(items: readonly Json[] = []): Misdeed {
  return () => jsonResponse({ kind: 'List', metadata: { resourceVersion: '1', continue: 'token' }, items });
}

/** A body, or the first line of a watch, of `bytes` times one character and without an end. */
export function hugeLine(bytes: number, character = '['): Misdeed {
  return ({ signal }) =>
    streamed(
      (async function* () {
        for (let left = bytes; left > 0; left -= CHUNK) yield Buffer.alloc(Math.min(left, CHUNK), character);
        await aborted(signal);
      })(),
    );
}

/** A watch with one event whose object is `depth` lists deep. */
export function deepEvent(depth: number): Misdeed {
  const object = `{"metadata":{"name":"deep","namespace":"ns","resourceVersion":"1"},"spec":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  return ({ signal }) =>
    streamed(
      (async function* () {
        yield Buffer.from(`{"type":"ADDED","object":${object}}\n`);
        await aborted(signal);
      })(),
    );
}

/** The honest body, `bytes` at a time with a pause after each piece. `sleep` takes milliseconds. */
export function drip(bytes: number, sleep: (signal: AbortSignal) => Promise<void>): Misdeed {
  return async ({ signal }, honest) => {
    const response = await honest();
    const text = Buffer.from(await response.body.text());
    return {
      ...response,
      body: new MemoryBody(
        (async function* () {
          for (let at = 0; at < text.length; at += bytes) {
            yield text.subarray(at, at + bytes);
            await sleep(signal);
          }
        })(),
      ),
    };
  };
}

/** A list whose body never ends: valid items, one after the other. */
export function endlessList(item: JsonObject): Misdeed {
  return () =>
    streamed(
      (async function* () {
        yield Buffer.from('{"kind":"List","metadata":{"resourceVersion":"1"},"items":[');
        const items = Buffer.from(`${JSON.stringify(item)},`.repeat(1_000));
        for (;;) {
          yield items;
          // As a socket would: other work gets its turn.
          await new Promise(setImmediate);
        }
      })(),
    );
}

/** A response with a status, such as 503 with `retry-after`, of a proxy or load balancer. */
export function answer(statusCode: number, headers: Readonly<Record<string, string>> = {}, body = ''): Misdeed {
  return () => ({ statusCode, headers: { 'content-type': 'text/plain', ...headers }, body: wholeBody(body) });
}

/** Passes each object of lists, reads and watches through `change`; undefined omits it. `list` changes the list itself. */
export function changed(
  change: (object: JsonObject) => Json | undefined,
  list: (list: JsonObject) => JsonObject = (unchanged) => unchanged,
): Misdeed {
  return async ({ verb }, honest) => {
    const response = await honest();
    if (response.statusCode >= 300) return response;
    if (verb.startsWith('watch')) return { ...response, body: new MemoryBody(changedLines(response.body, change)) };
    const json = parseJson(await response.body.text());
    if (!isJsonObject(json)) return jsonResponse(json);
    if (!Array.isArray(json.items)) return jsonResponse(change(json) ?? null);
    return jsonResponse(
      list({ ...json, items: json.items.filter(isJsonObject).flatMap((item) => change(item) ?? []) }),
    );
  };
}

/**
 * All resourceVersions lower by `by`, those of lists and bookmarks included, and accepted as such in requests: an etcd
 * restored from a backup.
 */
export function lowerVersions(by: number): Misdeed {
  const lower = (object: JsonObject): JsonObject => {
    const metadata = metadataOf(object) ?? {};
    const version = Math.max(1, Number(metadata.resourceVersion) - by);
    return { ...object, metadata: { ...metadata, resourceVersion: String(version) } };
  };
  const raise = (text: string) =>
    text.replace(/("?resourceVersion"?[=:]"?)(\d+)/g, (_, key, version) => key + (Number(version) + by));
  const answered = changed(lower, lower);
  return (request, honest) => {
    const { path, body } = request.sent;
    const sent = { ...request.sent, path: raise(path), ...(body !== undefined && { body: raise(body) }) };
    return answered(request, () => honest(sent));
  };
}

async function* changedLines(
  body: AsyncIterable<Uint8Array>,
  change: (object: JsonObject) => Json | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held = '';
  for await (const chunk of body) {
    const lines = (held + Buffer.from(chunk).toString()).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      const event = parseJson(line);
      const object = isJsonObject(event) && isJsonObject(event.object) ? change(event.object) : undefined;
      if (isJsonObject(event) && object !== undefined) yield Buffer.from(`${JSON.stringify({ ...event, object })}\n`);
    }
  }
}

/** Rejects with the signal's reason when it aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
