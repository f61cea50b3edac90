/**
 * Support for the suites of patches, apply, CRDs and validation: sends the same request to both servers and compares
 * the full responses.
 */
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

/** Content types of patches. */
export const PATCHES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** The responses of both servers, in comparable form. */
export interface Responses {
  readonly real: Json;
  readonly kubesim: Json;
}

/** Both servers, each with its own namespace, written as `NAMESPACE` in paths. */
export interface Both {
  send(method: Method, path: string, sent?: Sent): Promise<Responses>;
  /** Repeats a GET until both servers return 200. */
  until(path: string): Promise<void>;
}

/** Opens both servers for a suite; returns an accessor. */
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

/** A response without what differs between clusters, and sorted if the real server iterates over a Go map. */
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

/** The value as text, regardless of the order of its members. */
function sortKey(value: Json): string {
  if (!isJsonObject(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Sorts the field errors or apply conflicts in a message. */
function sortedList(message: string): string {
  const errors = /^(.* is invalid: \[)(.*)\]$/s.exec(message);
  if (errors) return `${errors[1]}${[...(errors[2] ?? '')].sort().join('')}]`;
  const [head = '', ...lines] = message.split('\n');
  return head.startsWith('Apply failed with') || head.endsWith(': errors:')
    ? [head, ...lines.sort()].join('\n')
    : message;
}

/** An object as a request body. */
export function objectOf(apiVersion: string, kind: string, name: string, fields: JsonObject): JsonObject {
  const { metadata = {}, ...rest } = fields;
  return { apiVersion, kind, metadata: { name, ...(isJsonObject(metadata) ? metadata : {}) }, ...rest };
}
