/** The Unix socket of a sandbox, which serves the commands. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { CatamaranError, type ErrorCode } from '../runtime/errors.ts';
import {
  type ActionRequest,
  actionSchema,
  packetSchema,
  problemsOf,
  type RequestBody,
  type RequestResult,
  requestSchema,
  type SandboxStatus,
} from './control-protocol.ts';

/** Operations that a running sandbox offers to commands. */
export interface Controls {
  status(): Promise<SandboxStatus>;
  /** @throws CTM_SANDBOX_CLUSTER if the cluster does not exist. */
  act(cluster: string, request: ActionRequest): Promise<void>;
  /**
   * The name of a running pod of a Deployment.
   *
   * @throws CTM_SANDBOX_CURL if there is none.
   */
  podOf(cluster: string, namespace: string, deployment: string): string;
  /** The response to a query in DNS wire format. @throws CTM_SANDBOX_CLUSTER if the cluster does not exist. */
  dns(cluster: string, packet: Buffer): Buffer;
  /** @throws CTM_SANDBOX_CURL if the namespace or pod does not exist. */
  request(cluster: string, request: RequestBody): Promise<RequestResult>;
  /** Starts the shutdown. */
  stop(): void;
}

/** The routes alone, for tests without a socket. */
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
  app.post('/clusters/:name/dns', async (context) => {
    const { packet } = packetSchema.parse(await context.req.json());
    const response = controls.dns(context.req.param('name'), Buffer.from(packet, 'base64'));
    return context.json({ packet: response.toString('base64') });
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

/** Listens on the socket. Only the user who runs the sandbox can connect. */
export async function listenForCommands(controls: Controls, socket: string): Promise<Server> {
  const server = createServer(getRequestListener(controlRoutes(controls).fetch));
  const listening = once(server, 'listening');
  // The socket's mode is set when it is created: a later chmod would leave a window in which others could connect.
  const before = process.umask(0o177);
  server.listen(socket);
  process.umask(before);
  await listening;
  return server;
}
