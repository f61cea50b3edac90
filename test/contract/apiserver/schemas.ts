/** What the suites of patches, apply, CRDs and validation share: the same request to both servers, answers compared whole. */
import { afterAll, beforeAll } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { isJsonObject } from '../../../src/api/json.ts';
import {
  type Answer,
  normalized,
  openServer,
  type Sent,
  type TestServer,
} from '../../support/api-servers/both-servers.ts';

type Method = Parameters<TestServer['request']>[0];

/** The types of patches. */
export const PATCHES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** What the two servers answered, in a form that can be compared. */
export interface Told {
  readonly real: Json;
  readonly kubesim: Json;
}

/** Both servers, each with a namespace of its own, `NAMESPACE` in paths. */
export interface Both {
  send(method: Method, path: string, sent?: Sent): Promise<Told>;
  /** Repeats a GET until both servers answer 200. */
  until(path: string): Promise<void>;
}

/** Opens both servers for a suite. */
export function both(): () => Both {
  let servers: readonly (readonly [TestServer, string])[] = [];
  beforeAll(async () => {
    const open = await Promise.all([openServer('kube-apiserver'), openServer('kubesim')]);
    servers = await Promise.all(open.map(async (server) => [server, await server.namespace('schemas')] as const));
  });
  afterAll(async () => {
    for (const [server] of servers) await server.close();
  });
  const send: Both['send'] = async (method, path, sent) => {
    const asked = servers.map(async ([server, namespace]) => {
      return comparable(await server.request(method, path.replaceAll('NAMESPACE', namespace), sent), namespace);
    });
    const [real = null, kubesim = null] = await Promise.all(asked);
    return { real, kubesim };
  };
  const until: Both['until'] = async (path) => {
    for (const [server, namespace] of servers) {
      const end = Date.now() + 20_000;
      while ((await server.request('GET', path.replaceAll('NAMESPACE', namespace))).status !== 200) {
        if (Date.now() > end) throw new Error(`${server.name} does not serve ${path}`);
      }
    }
  };
  return () => ({ send, until });
}

/** An answer without what differs between clusters, and in one order where the real server's is that of a Go map. */
function comparable({ status, body }: Answer, namespace: string): Json {
  return { status, body: inOneOrder(normalized(body, namespace)) };
}

function inOneOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => inOneOrder(item));
  if (!isJsonObject(value)) return typeof value === 'string' ? sortedList(value) : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]): [string, Json] => {
      const ordered = inOneOrder(member ?? null);
      const list = key === 'causes' || key === 'managedFields';
      return [key, list && Array.isArray(ordered) ? ordered.toSorted(byText) : ordered];
    }),
  );
}

function byText(a: Json, b: Json): number {
  return sortKey(a) < sortKey(b) ? -1 : 1;
}

/** The text of a value, whatever the order of its members. */
function sortKey(value: Json): string {
  if (!isJsonObject(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Errors of fields in a message, and conflicts of an apply, sorted. */
function sortedList(message: string): string {
  const errors = /^(.* is invalid: \[)(.*)\]$/s.exec(message);
  if (errors) return `${errors[1]}${[...(errors[2] ?? '')].sort().join('')}]`;
  const [head = '', ...lines] = message.split('\n');
  return head.startsWith('Apply failed with') || head.endsWith(': errors:')
    ? [head, ...lines.sort()].join('\n')
    : message;
}

/** A body of an object. */
export function objectOf(apiVersion: string, kind: string, name: string, fields: JsonObject): JsonObject {
  const { metadata = {}, ...rest } = fields;
  return { apiVersion, kind, metadata: { name, ...(isJsonObject(metadata) ? metadata : {}) }, ...rest };
}
