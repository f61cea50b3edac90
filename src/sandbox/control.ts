/** The Unix socket of a sandbox: what commands ask of the process that runs it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { Client } from 'undici';
import { CatamaranError, ERRORS, type ErrorCode } from '../runtime/errors.ts';
import {
  type ActionRequest,
  actionSchema,
  type ClusterStatus,
  podSchema,
  problemSchema,
  problemsOf,
  type RequestBody,
  type RequestResult,
  requestSchema,
  resultSchema,
  type SandboxStatus,
  statusSchema,
} from './control-protocol.ts';
import { holderOf, type StateDir } from './state.ts';

/** What a sandbox does for commands. */
export interface Controls {
  status(): Promise<SandboxStatus>;
  /** @throws CTM_SANDBOX_CLUSTER where there is no such cluster. */
  act(cluster: string, request: ActionRequest): Promise<void>;
  /**
   * The name of a pod of a Deployment that runs.
   *
   * @throws CTM_SANDBOX_CURL where there is none.
   */
  podOf(cluster: string, namespace: string, deployment: string): string;
  /** @throws CTM_SANDBOX_CURL where there is no such namespace or pod. */
  request(cluster: string, request: RequestBody): Promise<RequestResult>;
  /** Begins to end everything. */
  stop(): void;
}

/** The routes alone, so that a test can ask them without a socket. */
export function controlRoutes(controls: Controls): Hono {
  const app = new Hono();
  app.get('/status', async (context) => context.json(await controls.status()));
  app.post('/clusters/:name', async (context) => {
    const request = actionSchema.safeParse(await context.req.json());
    if (!request.success) throw new CatamaranError('CTM_USAGE', problemsOf(request.error));
    await controls.act(context.req.param('name'), request.data);
    return context.json({});
  });
  app.post('/clusters/:name/request', async (context) => {
    const request = requestSchema.safeParse(await context.req.json());
    if (!request.success) throw new CatamaranError('CTM_USAGE', problemsOf(request.error));
    return context.json(await controls.request(context.req.param('name'), request.data));
  });
  app.get('/clusters/:name/deployments/:namespace/:deployment/pod', (context) => {
    const { name, namespace, deployment } = context.req.param();
    return context.json({ name: controls.podOf(name, namespace, deployment) });
  });
  app.post('/stop', (context) => {
    controls.stop();
    return context.json({});
  });
  app.onError((error, context) => {
    const code: ErrorCode = error instanceof CatamaranError ? error.code : 'CTM_INTERNAL';
    return context.json({ code, message: error.message }, code === 'CTM_INTERNAL' ? 500 : 400);
  });
  return app;
}

/** Listens on the socket; only the user who runs the sandbox may connect. */
export async function listenForCommands(controls: Controls, socket: string): Promise<Server> {
  const server = createServer(getRequestListener(controlRoutes(controls).fetch));
  const listening = once(server, 'listening');
  // The mode of a socket is that of its making, here and now: others must not slip in before a chmod.
  const before = process.umask(0o177);
  server.listen(socket);
  process.umask(before);
  await listening;
  return server;
}

/** A sandbox, as commands reach it. */
export interface Remote {
  status(): Promise<SandboxStatus>;
  /** @throws CTM_SANDBOX_CLUSTER where there is no such cluster. */
  cluster(name: string): Promise<ClusterStatus>;
  act(cluster: string, request: ActionRequest): Promise<void>;
  /** The name of a pod of a Deployment that runs. */
  podOf(cluster: string, namespace: string, deployment: string): Promise<string>;
  request(cluster: string, request: RequestBody, signal: AbortSignal): Promise<RequestResult>;
  stop(): Promise<void>;
}

/** The sandbox of a state folder. Its methods throw CTM_SANDBOX_NONE where none is running. */
export function remote(state: StateDir): Remote {
  const call = async (method: 'GET' | 'POST', path: string, body?: object, signal?: AbortSignal): Promise<unknown> => {
    const client = new Client('http://sandbox', { socketPath: state.socket });
    try {
      const answer = await client.request({
        method,
        path,
        ...(signal && { signal }),
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const json = await answer.body.json();
      if (answer.statusCode === 200) return json;
      const { code, message } = problemSchema.parse(json);
      throw new CatamaranError(isErrorCode(code) ? code : 'CTM_INTERNAL', message);
    } catch (error) {
      if (isAbsent(error)) throw nothingRuns(state);
      throw error;
    } finally {
      await client.destroy();
    }
  };
  const status = async (): Promise<SandboxStatus> => statusSchema.parse(await call('GET', '/status'));
  return {
    status,
    async cluster(name) {
      const { clusters } = await status();
      const found = clusters.find((cluster) => cluster.name === name);
      if (!found) throw noSuchCluster(name, clusters);
      return found;
    },
    async act(cluster, request) {
      await call('POST', `/clusters/${encodeURIComponent(cluster)}`, request);
    },
    async podOf(...where) {
      const [cluster, namespace, deployment] = where.map(encodeURIComponent);
      const path = `/clusters/${cluster}/deployments/${namespace}/${deployment}/pod`;
      return podSchema.parse(await call('GET', path)).name;
    },
    async request(cluster, request, signal) {
      const path = `/clusters/${encodeURIComponent(cluster)}/request`;
      return resultSchema.parse(await call('POST', path, request, signal));
    },
    async stop() {
      await call('POST', '/stop');
    },
  };
}

/** The error of a cluster that is not there. */
export function noSuchCluster(name: string, clusters: readonly { readonly name: string }[]): CatamaranError {
  const names = clusters.map((cluster) => cluster.name);
  const range = names.length > 6 ? `${names[0]} to ${names.at(-1)}` : names.join(', ');
  return new CatamaranError('CTM_SANDBOX_CLUSTER', `there is no cluster ${JSON.stringify(name)}; there is ${range}`);
}

function nothingRuns(state: StateDir): CatamaranError {
  const holder = holderOf(state);
  const message = holder
    ? `${state.dir}: process ${holder.pid} runs clusters that are not those of a sandbox, or is just starting or ending`
    : `${state.dir}: no sandbox is running with this folder; \`catamaran sandbox up\` starts one`;
  return new CatamaranError('CTM_SANDBOX_NONE', message);
}

function isAbsent(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  // A process that was killed leaves its socket behind; one that ends closes the connection.
  return ['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(String(error.code));
}

/** Whether a text is a code of the registry. */
export function isErrorCode(code: string): code is ErrorCode {
  return code in ERRORS;
}
