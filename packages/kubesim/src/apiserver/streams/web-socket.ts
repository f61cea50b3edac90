/**
 * Exec and attach over WebSocket, as by kubectl since 1.31. Source: Kubernetes,
 * k8s.io/apimachinery/pkg/util/remotecommand (channels of v4 and v5).
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { JsonObject } from '../../machinery/json.ts';
import type { ProcessStreams, RunProcess } from './process-streams.ts';

/** The latest first. Since v5, the client can close stdin. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

/** The first byte of a message. */
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;

const NORMAL_CLOSURE = 1000;

const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
});

/** Whether the request is an upgrade that {@link serveProcess} understands. */
export function isProcessRequest({ headers }: IncomingMessage): boolean {
  const offered = String(headers['sec-websocket-protocol'] ?? '').split(/, */);
  return headers.upgrade?.toLowerCase() === 'websocket' && PROTOCOLS.some((protocol) => offered.includes(protocol));
}

/** Upgrades the connection, and runs the process on it. */
export function serveProcess(
  request: IncomingMessage,
  connection: Duplex,
  head: Buffer,
  query: URLSearchParams,
  run: RunProcess,
): void {
  sockets.handleUpgrade(request, connection, head, (socket) => {
    const streams = streamsOf(socket, query);
    run(streams)
      .then(statusOf, (error: unknown) => ({ status: 'Failure', message: String(error), reason: 'InternalError' }))
      .then((status) => {
        send(socket, CHANNEL.error, JSON.stringify({ metadata: {}, ...status }));
        socket.close(NORMAL_CLOSURE);
      });
  });
}

function send(socket: WebSocket, channel: number, text: string): void {
  if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
}

/** The exit code in the form that kubectl expects. */
function statusOf(code: number): JsonObject {
  if (code === 0) return { status: 'Success' };
  return {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

function streamsOf(socket: WebSocket, query: URLSearchParams): ProcessStreams {
  const asks = (name: string): boolean => ['1', 'true'].includes(query.get(name) ?? '');
  const tty = asks('tty');
  return {
    stdin: stdinOf(socket, asks('stdin')),
    // A terminal has one output, and ends its lines with CR LF.
    stdout: (text) => send(socket, CHANNEL.stdout, tty ? text.replaceAll('\n', '\r\n') : text),
    stderr: (text) => send(socket, tty ? CHANNEL.stdout : CHANNEL.stderr, tty ? text.replaceAll('\n', '\r\n') : text),
    tty,
  };
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** Messages from now on, read or not. */
function stdinOf(socket: WebSocket, open: boolean): AsyncIterable<Buffer> {
  const queue: Buffer[] = [];
  let ended = !open;
  let wake = (): void => {};
  socket.on('message', (data) => {
    const [channel, ...rest] = bytesOf(data);
    if (channel === CHANNEL.close && rest[0] === CHANNEL.stdin) ended = true;
    else if (channel === CHANNEL.stdin) queue.push(Buffer.from(rest));
    wake();
  });
  socket.once('close', () => {
    ended = true;
    wake();
  });
  return (async function* () {
    for (;;) {
      const chunk = queue.shift();
      if (chunk) yield chunk;
      else if (ended) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  })();
}
