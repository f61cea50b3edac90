/**
 * The API client of the benchmark and of the bare relay: keep-alive HTTP/1.1, no queue, no retries. Independent of
 * `src/kube`, so that the baseline does not include its costs.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Json, JsonObject } from '../../src/api/json.ts';
import { isJsonObject, parseJson } from '../../src/api/json.ts';

export interface Access {
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

const CONTENT_TYPES = {
  whole: 'application/json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
};

const PAGE_SIZE = 500;
/** Delay before a watch that the API server closed is resumed, in ms. */
const RESUME_MS = 5;

/** A watch event; events of other types are skipped. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: JsonObject;
}

/** On an error status, each method rejects with an Error that includes the response. */
export interface Api {
  get(path: string): Promise<JsonObject>;
  /** All pages, and the resourceVersion to watch from. */
  list(path: string): Promise<{ readonly items: readonly JsonObject[]; readonly version: string }>;
  create(path: string, object: object): Promise<void>;
  patch(kind: 'merge' | 'json' | 'apply', path: string, patch: object): Promise<void>;
  replace(path: string, object: object): Promise<void>;
  /** Deletes an object, or all objects of a collection. */
  delete(path: string): Promise<void>;
  /** Calls `onChange` for each event after `version`, and resumes closed streams until the signal aborts. */
  watch(path: string, version: string, onChange: (change: Change) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** @param connections maximum, watches excluded. @param agent user agent in the audit log. */
export function openApi(access: Access, agent: string, connections: number): Api {
  const options = { allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect: { ca: access.ca, allowH2: false } };
  const requests = new Pool(access.server, { ...options, connections });
  const watches = new Pool(access.server, options);
  const common = { authorization: `Bearer ${access.token}`, 'user-agent': agent, accept: 'application/json' };

  const write = async (
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    type: keyof typeof CONTENT_TYPES,
    body: object,
  ): Promise<void> => {
    const headers = { ...common, 'content-type': CONTENT_TYPES[type] };
    const answer = await requests.request({ method, path, headers, body: JSON.stringify(body) });
    if (answer.statusCode >= 300) throw await refused(method, path, answer);
    await answer.body.dump({ limit: Number.MAX_SAFE_INTEGER });
  };

  const get = async (path: string): Promise<JsonObject> => {
    const answer = await requests.request({ method: 'GET', path, headers: common });
    if (answer.statusCode >= 300) throw await refused('GET', path, answer);
    const json = parseJson(await answer.body.text());
    if (!isJsonObject(json)) throw new Error(`GET ${path} returned something other than an object`);
    return json;
  };

  const stream = async function* (url: string, signal: AbortSignal): AsyncGenerator<Change, void, undefined> {
    const answer = await watches.request({ method: 'GET', path: url, headers: common, signal });
    if (answer.statusCode !== 200) throw await refused('GET', url, answer);
    answer.body.setEncoding('utf8');
    let rest = '';
    for await (const chunk of answer.body) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const change = asChange(parseJson(line));
        if (change) yield change;
      }
    }
  };

  return {
    get,
    async list(path) {
      const items: JsonObject[] = [];
      let next = '';
      for (;;) {
        const page = await get(`${path}${path.includes('?') ? '&' : '?'}limit=${PAGE_SIZE}&continue=${next}`);
        const metadata = isJsonObject(page.metadata) ? page.metadata : {};
        if (Array.isArray(page.items)) items.push(...page.items.filter((item: Json) => isJsonObject(item)));
        if (typeof metadata.continue !== 'string' || metadata.continue === '') {
          return { items, version: String(metadata.resourceVersion) };
        }
        next = encodeURIComponent(metadata.continue);
      }
    },
    create: (path, object) => write('POST', path, 'whole', object),
    patch: (kind, path, patch) => write('PATCH', path, kind, patch),
    replace: (path, object) => write('PUT', path, 'whole', object),
    delete: (path) => write('DELETE', path, 'whole', {}),
    async watch(path, version, onChange, signal) {
      let last = version;
      while (!signal.aborted) {
        try {
          for await (const change of stream(`${path}?watch=1&resourceVersion=${last}`, signal)) {
            onChange(change);
            last = versionOf(change);
          }
          // An API server under load closes watches that fall behind.
          await delay(RESUME_MS, undefined, { signal });
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      }
    },
    async close() {
      await Promise.all([requests.destroy(), watches.destroy()]);
    },
  };
}

async function refused(
  method: string,
  path: string,
  answer: { readonly statusCode: number; readonly body: { text(): Promise<string> } },
): Promise<Error> {
  return new Error(`${method} ${path} returned ${answer.statusCode}: ${(await answer.body.text()).slice(0, 500)}`);
}

function asChange(json: Json): Change | undefined {
  if (!isJsonObject(json) || !isJsonObject(json.object)) throw new Error('watch event without object');
  const { type, object } = json;
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object };
  if (type === 'ERROR') throw new Error(`watch failed: ${JSON.stringify(object)}`);
  return undefined;
}

function versionOf({ object }: Change): string {
  return isJsonObject(object.metadata) ? String(object.metadata.resourceVersion) : '';
}
