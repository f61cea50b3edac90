/** The Unix socket of a sandbox: answers what commands ask of the process that runs it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { CatamaranError, type ErrorCode } from '../runtime/errors.ts';
import {
  type ActionRequest,
  actionSchema,
  problemsOf,
  type RequestBody,
  type RequestResult,
  requestSchema,
  type SandboxStatus,
} from './control-protocol.ts';

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
