/** Both servers at once, for comparing the responses of kubesim with those of kube-apiserver. */
import type { Dispatcher } from 'undici';
import { afterAll, beforeAll } from 'vitest';
import type { Json } from '../../../src/api/json.ts';
import { isJsonObject } from '../../../src/api/json.ts';
import {
  type Answer,
  normalized,
  openServer,
  type Sent,
  type TestServer,
} from '../../support/api-servers/both-servers.ts';

const ALLOCATED = /172\.17\.\d{1,3}\.\d{1,3}|fd00:20:1::[0-9a-f:]*/g;
/** Members that differ between any two servers, or are covered by other tests. */
const LEFT_OUT: ReadonlySet<string> = new Set(['uid', 'resourceVersion', 'managedFields']);
const PORTS: ReadonlySet<string> = new Set(['nodePort', 'healthCheckNodePort']);
const FIRST_NODE_PORT = 30_000;

/** The two servers' responses to the same request, in comparable form. */
export interface Pair {
  readonly real: Json;
  readonly kubesim: Json;
}

/** A response without what may differ: UIDs, versions, times, and allocated addresses and ports. */
export function comparable({ status, headers, body }: Answer, namespace: string): Json {
  const warning = [headers.warning ?? []].flat().join(', ');
  return {
    status,
    warning: withoutChoices(normalized(warning, namespace)),
    body: withoutChoices(normalized(body, namespace)),
  };
}

function withoutChoices(value: Json | undefined, key = ''): Json {
  if (typeof value === 'string') return value.replaceAll(ALLOCATED, 'ADDRESS');
  if (typeof value === 'number') return PORTS.has(key) && value >= FIRST_NODE_PORT ? 'PORT' : value;
  if (Array.isArray(value)) return value.map((item: Json) => withoutChoices(item));
  if (!isJsonObject(value)) return value ?? null;
  const kept = Object.entries(value).filter(([name]) => !LEFT_OUT.has(name));
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutChoices(member, name)]));
}

export class ServerPair {
  readonly #servers: readonly (readonly [TestServer, string])[];

  constructor(servers: readonly (readonly [TestServer, string])[]) {
    this.#servers = servers;
  }

  /** Sends a request to both servers; `path` and `body` receive the server's namespace. */
  async answers(
    method: Dispatcher.HttpMethod,
    path: (namespace: string) => string,
    sent: Sent = {},
  ): Promise<Answer[]> {
    const asked = this.#servers.map(([server, namespace]) => server.request(method, path(namespace), sent));
    return await Promise.all(asked);
  }

  /** Like {@link answers}, in comparable form. */
  async compared(method: Dispatcher.HttpMethod, path: (namespace: string) => string, sent: Sent = {}): Promise<Pair> {
    const answers = await this.answers(method, path, sent);
    const [real = null, kubesim = null] = answers.map((answer, i) => comparable(answer, this.#servers[i]?.[1] ?? ''));
    return { real, kubesim };
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map(([server]) => server.close()));
  }
}

/** Opens both servers for a suite; returns an accessor. */
export function bothServers(): () => ServerPair {
  let pair: ServerPair | undefined;
  beforeAll(async () => {
    const servers = await Promise.all([openServer('kube-apiserver'), openServer('kubesim')]);
    pair = new ServerPair(
      await Promise.all(servers.map(async (server) => [server, await server.namespace('resources')] as const)),
    );
  });
  afterAll(() => pair?.close());
  return () => {
    if (!pair) throw new Error('the servers are not open yet');
    return pair;
  };
}

/** The path of a resource's collection in a namespace, of an object, or of a subresource. */
export function pathIn(resource: string, namespace: string | undefined, ...rest: readonly string[]): string {
  const slash = resource.lastIndexOf('/');
  const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return [`${resource.slice(0, slash)}${scope}${resource.slice(slash)}`, ...rest].join('/');
}
