/** The two API servers for every case of the contract: kube-apiserver and kubesim. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, createApiServer, listen, makeCertificates, settingsOf } from 'kubesim/internal';
import { Agent, type Dispatcher } from 'undici';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { isJsonObject, parseJson } from '../../../src/api/json.ts';
import { jsonLines } from '../../../src/kube/client/lines.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { kubeconfig } from '../../../tools/controlplane/kubeconfig.ts';
import { sharedPlane } from '../clusters/shared-planes.ts';
import { MemoryLogger } from '../memory-logger.ts';
import type { Features } from '../setup/features.ts';

export interface ServerAccess {
  /** https://127.0.0.1:PORT */
  readonly server: string;
  readonly caFile: string;
  readonly token: string;
  /** Path of a kubeconfig with one context. */
  readonly kubeconfig: string;
}

/** `body` is JSON, or text for any other content type. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json;
}

/** A body that is not a string is sent as JSON. */
export interface Sent {
  readonly body?: Json;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class TestServer {
  readonly name: ServerName;
  readonly access: ServerAccess;
  /** Set for kubesim, for operations that only it supports. */
  readonly kubesim: ApiServer | undefined;
  readonly #agent: Agent;
  readonly #close: () => Promise<void>;
  readonly #namespaces: string[] = [];

  constructor(name: ServerName, access: ServerAccess, close: () => Promise<void>, kubesim?: ApiServer) {
    this.name = name;
    this.access = access;
    this.kubesim = kubesim;
    this.#close = close;
    this.#agent = new Agent({ connect: { ca: readFileSync(access.caFile, 'utf8') } });
  }

  /** Authenticates with the token. */
  async request(method: Dispatcher.HttpMethod, path: string, sent: Sent = {}): Promise<Answer> {
    const { statusCode, headers, body } = await this.#send(method, path, sent);
    const text = await body.text();
    const json = text !== '' && String(headers['content-type']).startsWith('application/json');
    return { status: statusCode, headers, body: json ? parseJson(text) : text };
  }

  /** The events of a watch until it ends, so the path should have `timeoutSeconds`. */
  async watch(path: string, sent: Sent = {}): Promise<readonly JsonObject[]> {
    const events: JsonObject[] = [];
    for await (const event of this.events(path, sent)) events.push(event);
    return events;
  }

  /** Yields the events of a watch as they arrive. */
  async *events(path: string, sent: Sent = {}): AsyncGenerator<JsonObject, void, undefined> {
    const { statusCode, body } = await this.#send('GET', path, sent);
    if (statusCode !== 200) throw new Error(`watch returned ${statusCode}: ${await body.text()}`);
    for await (const { json } of jsonLines(body)) if (isJsonObject(json)) yield json;
  }

  /** Creates a namespace for a test, which is deleted when the server is closed. */
  async namespace(prefix = 'case'): Promise<string> {
    const name = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.request('POST', '/api/v1/namespaces', {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    });
    this.#namespaces.push(name);
    return name;
  }

  async close(): Promise<void> {
    for (const name of this.#namespaces) await this.request('DELETE', `/api/v1/namespaces/${name}`);
    await this.#agent.destroy();
    await this.#close();
  }

  #send(method: Dispatcher.HttpMethod, path: string, { body, type, headers }: Sent) {
    return this.#agent.request({
      origin: this.access.server,
      method,
      path,
      headers: {
        authorization: `Bearer ${this.access.token}`,
        'user-agent': 'contract/1.0',
        ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }
}

export type ServerName = 'kube-apiserver' | 'kubesim';

/** For `describe.each`. */
export const SERVER_NAMES = ['kube-apiserver', 'kubesim'] as const satisfies readonly ServerName[];

/** The caller must close the server. */
export async function openServer(name: ServerName): Promise<TestServer> {
  if (name === 'kubesim') return await openKubesim();
  return new TestServer(name, sharedPlane(), async () => {});
}

async function openKubesim(): Promise<TestServer> {
  const settings = settingsOf(1);
  const token = randomBytes(8).toString('hex');
  const logger = new MemoryLogger();
  const kubesim = createApiServer({
    settings,
    clock: systemClock,
    random: Math.random,
    token,
    logger,
  });
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
    kubesim.api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const tls = await makeCertificates(Date.now());
  const dir = mkdtempSync(join(tmpdir(), 'catamaran-contract-'));
  const caFile = join(dir, 'ca.crt');
  writeFileSync(caFile, tls.ca);
  const listening = await listen({ server: kubesim, tls, port: 0, logger });
  const server = `https://127.0.0.1:${listening.port}`;
  const config = join(dir, 'kubeconfig');
  writeFileSync(config, kubeconfig([{ name: settings.name, server, ca: Buffer.from(tls.ca), token }]));
  const access = { server, caFile, token, kubeconfig: config };
  const close = async (): Promise<void> => {
    await listening.close();
    kubesim.close();
    rmSync(dir, { recursive: true });
    const failed = logger.lines.filter(({ level }) => level === 'error');
    if (failed.length > 0) throw new Error(`kubesim failed: ${JSON.stringify(failed.map(({ fields }) => fields))}`);
  };
  return new TestServer('kubesim', access, close, kubesim);
}

/** What a server supports; known before it is opened. */
export function featuresOf(name: ServerName): Features {
  if (name === 'kubesim') return { watchList: true, trafficDistribution: true, admissionPolicies: false };
  return sharedPlane().features;
}

/** Runs a suite on both servers; `server` returns the current one. */
export function onBothServers(suite: (server: () => TestServer, name: ServerName) => void): void {
  describe.each(SERVER_NAMES)('%s', (name) => {
    let server: TestServer | undefined;
    beforeAll(async () => {
      server = await openServer(name);
    });
    afterAll(() => server?.close());
    suite(() => {
      if (!server) throw new Error('the server is not open yet');
      return server;
    }, name);
  });
}

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/**
 * Replaces everything that differs between two clusters: UIDs, times, versions and the name of the test's namespace.
 */
export function normalized(value: Json | undefined, namespace = ''): Json {
  if (typeof value === 'string') {
    const text = value.replaceAll(UID, 'UID').replaceAll(TIME, 'TIME');
    return namespace === '' ? text : text.replaceAll(namespace, 'NAMESPACE');
  }
  if (Array.isArray(value)) return value.map((item: Json) => normalized(item, namespace));
  if (!isJsonObject(value)) return value ?? null;
  const members = Object.entries(value).map(([key, member]): [string, Json] => [
    key,
    key === 'resourceVersion' && typeof member === 'string' && /^\d+$/.test(member)
      ? 'VERSION'
      : normalized(member, namespace),
  ]);
  return Object.fromEntries(members);
}

/** The value at a path of keys. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let here: Json | undefined = value;
  for (const key of path) {
    if (Array.isArray(here) && typeof key === 'number') here = here[key];
    else here = isJsonObject(here) && typeof key === 'string' ? here[key] : undefined;
  }
  return here;
}
