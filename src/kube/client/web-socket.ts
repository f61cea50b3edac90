/** Opens WebSockets over the connections of a dispatcher. */
import { type Dispatcher, WebSocket } from 'undici';
import type { WebSocketStream } from './transport.ts';

interface WebSocketOptions {
  readonly dispatcher: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: string;
  readonly signal: AbortSignal;
}

export async function openWebSocket(
  url: URL,
  { dispatcher, headers, protocol, signal }: WebSocketOptions,
): Promise<WebSocketStream> {
  signal.throwIfAborted();
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  const socket = new WebSocket(url, { protocols: [protocol], dispatcher, headers: { ...headers } });
  socket.binaryType = 'arraybuffer';
  const abort = () => socket.close();
  signal.addEventListener('abort', abort, { once: true });
  const early: Buffer[] = [];
  let receive = (message: Buffer): void => {
    early.push(message);
  };
  socket.addEventListener('message', ({ data }) => {
    if (data instanceof ArrayBuffer) receive(Buffer.from(data));
  });
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: unknown) => reject(signal.aborted ? signal.reason : reason);
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', ({ error, message }) => fail(error ?? new Error(message)));
    socket.addEventListener('close', ({ reason }) => fail(new Error(reason || 'the server refused the WebSocket')));
  });
  return {
    send: (message) => socket.send(message),
    close: () => {
      signal.removeEventListener('abort', abort);
      socket.close();
    },
    onClose: (listener) => socket.addEventListener('close', ({ reason }) => listener(reason)),
    onMessage: (listener) => {
      receive = listener;
      for (const message of early.splice(0)) listener(message);
    },
  };
}
