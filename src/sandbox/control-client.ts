/** Client for the process that runs a sandbox. */
import { Client } from 'undici';
import { CatamaranError, ERRORS, type ErrorCode } from '../runtime/errors.ts';
import {
  type ActionRequest,
  type ClusterStatus,
  packetSchema,
  podSchema,
  problemSchema,
  type RequestBody,
  type RequestResult,
  resultSchema,
  type SandboxStatus,
  statusSchema,
} from './control-protocol.ts';
import { noSuchCluster } from './no-such-cluster.ts';
import { holderOf, type StateDir } from './state.ts';

export interface Remote {
  status(): Promise<SandboxStatus>;
  /** @throws CTM_SANDBOX_CLUSTER if the cluster does not exist. */
  cluster(name: string): Promise<ClusterStatus>;
  act(cluster: string, request: ActionRequest): Promise<void>;
  /** The name of a running pod of a Deployment. */
  podOf(cluster: string, namespace: string, deployment: string): Promise<string>;
  /** Sends a query in DNS wire format to the DNS of a cluster. */
  dns(cluster: string, packet: Buffer): Promise<Buffer>;
  request(cluster: string, request: RequestBody, signal: AbortSignal): Promise<RequestResult>;
  stop(): Promise<void>;
}

/** The sandbox of a state directory. Its methods throw CTM_SANDBOX_NONE if none is running. */
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
      if (isForbidden(error)) throw ofAnother(state);
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
    async dns(cluster, packet) {
      const path = `/clusters/${encodeURIComponent(cluster)}/dns`;
      const answer = packetSchema.parse(await call('POST', path, { packet: packet.toString('base64') }));
      return Buffer.from(answer.packet, 'base64');
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

function nothingRuns(state: StateDir): CatamaranError {
  const holder = holderOf(state);
  const message = holder
    ? `${state.dir}: in use by process ${holder.pid}, which is not a sandbox, or is still starting or stopping`
    : `${state.dir}: no sandbox is running; start one with \`catamaran sandbox up\``;
  return new CatamaranError('CTM_SANDBOX_NONE', message);
}

/** The socket admits only the user who started the sandbox. */
function isForbidden(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EACCES', 'EPERM'].includes(String(error.code));
}

function ofAnother(state: StateDir): CatamaranError {
  const message = `${state.socket}: permission denied: only the user who started the sandbox can use it`;
  return new CatamaranError('CTM_SANDBOX_STATE', message);
}

function isAbsent(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  // A killed process leaves its socket behind; one that is exiting closes the connection.
  return ['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(String(error.code));
}

export function isErrorCode(code: string): code is ErrorCode {
  return code in ERRORS;
}
