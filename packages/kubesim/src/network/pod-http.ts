/** HTTP/1.1 responses of pods: one server for all pods, which does not listen but receives connections directly. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import type { Container, Pod } from '../workloads/kinds.ts';
import { ConfigurationError, environmentOf, filesOf } from '../workloads/kubelet/configuration.ts';
import { imageName, webRoot } from './images.ts';
import type { Target } from './router.ts';

interface Connection {
  readonly target: Target;
  /** Cluster of the client. */
  readonly from: string;
  /** `10.2.0.1:40000` */
  readonly client: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
};
const TEXT = 'text/plain; charset=utf-8';

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
}

function pathOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url, 'http://pod').pathname);
  } catch {
    return url;
  }
}

/** The file at a path, in a document root with mounted files; undefined if nothing is mounted there. */
function fileAt(files: ReadonlyMap<string, Buffer>, root: string, path: string): Page | undefined {
  const mounted = [...files.keys()].some((file) => file.startsWith(`${root}/`));
  if (!mounted) return undefined;
  const file = `${root}${path.endsWith('/') ? `${path}index.html` : path}`;
  const content = files.get(file);
  if (!content) return { status: 404, type: TEXT, body: '404 page not found\n' };
  return { status: 200, type: TYPES[file.split('.').at(-1) ?? ''] ?? TEXT, body: content };
}

/** The value of `-text=…` of hashicorp/http-echo. */
function echoed({ args = [], command = [] }: Container): string | undefined {
  const all = [...command, ...args];
  const at = all.findIndex((arg) => /^--?text(=|$)/.test(arg));
  const arg = all[at];
  return arg?.includes('=') ? arg.slice(arg.indexOf('=') + 1) : all[at + 1];
}

/** An environment variable, if it can be resolved: its source may have been deleted since the pod started. */
function environmentVariable({ view, pod, container }: Target, name: string): string {
  try {
    return environmentOf(view.objects, pod, container).get(name) ?? '';
  } catch (error) {
    if (error instanceof ConfigurationError) return '';
    throw error;
  }
}

function mountedFiles({ view, pod, container }: Target): ReadonlyMap<string, Buffer> {
  try {
    return filesOf(view.objects, pod, container);
  } catch (error) {
    if (error instanceof ConfigurationError) return new Map();
    throw error;
  }
}

/** The response page of a container. */
function pageOf(target: Target, url: string, client: string): Page {
  const { pod, container, view } = target;
  const path = pathOf(url);
  const root = webRoot(container);
  const file = root === undefined ? undefined : fileAt(mountedFiles(target), root, path);
  if (file) return file;
  const echo = imageName(container.image ?? '') === 'http-echo' ? echoed(container) : undefined;
  if (echo !== undefined) return { status: 200, type: TEXT, body: `${echo}\n` };
  const { name, namespace } = pod.metadata;
  const env = environmentVariable(target, 'ENV_NAME');
  const body =
    imageName(container.image ?? '') === 'web-demo'
      ? `This is env_name: ${env}, pod: ${name}, client: ${client}\n`
      : `pod: ${name}, namespace: ${namespace}, cluster: ${view.name}, env_name: ${env}, path: ${path}, client: ${client}\n`;
  return { status: 200, type: TEXT, body };
}

/** Serves HTTP for all pods of all clusters. */
export class PodHttp {
  readonly #server: Server;
  readonly #connections = new WeakMap<object, Connection>();
  readonly #open = new Map<string, Set<Duplex>>();

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Connects to a container; returns the client side of the connection. */
  connect(target: Target, from: string, client: string): Duplex {
    const [near, far] = duplexPair();
    const { uid } = target.pod.metadata;
    this.#connections.set(far, { target, from, client });
    const open = this.#open.get(uid) ?? new Set<Duplex>();
    this.#open.set(uid, open.add(far));
    far.on('error', () => {});
    far.once('close', () => {
      open.delete(far);
      if (open.size === 0) this.#open.delete(uid);
      near.destroy();
    });
    near.once('close', () => far.destroy());
    this.#server.emit('connection', far);
    return near;
  }

  /** Closes the connections of a removed pod. */
  cut({ metadata }: Pod): void {
    for (const connection of this.#open.get(metadata.uid) ?? []) connection.destroy();
  }

  /** Closes all connections for which `isCut` holds, by the clusters of both ends. */
  cutWhere(isCut: (from: string, to: string) => boolean): void {
    for (const open of this.#open.values()) {
      for (const stream of open) {
        const connection = this.#connections.get(stream);
        if (connection && isCut(connection.from, connection.target.view.name)) stream.destroy();
      }
    }
  }

  close(): void {
    this.cutWhere(() => true);
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (!connection) {
      response.destroy();
      return;
    }
    const { target, client } = connection;
    const { method = 'GET', url = '/' } = request;
    const { view, pod, container } = target;
    const now = view.objects.get('/pods', pod.metadata.namespace ?? '', pod.metadata.name) ?? pod;
    const { status, type, body } = pageOf({ ...target, pod: now }, url, client);
    request.resume();
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
    view.logs?.write(pod, container.name, `${client} "${method} ${url} HTTP/${request.httpVersion}" ${status}`);
  }
}
