/** The subprotocol of port forwarding; test/e2e has it with a real API server and kubelet. */
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { openPortForward, portForwardStream } from '../../../../src/kube/client/port-forward.ts';
import type { WebSocketStream } from '../../../../src/kube/client/transport.ts';

let sent: Buffer[];
let closed: boolean;
let receive: (message: Buffer) => void;
let end: (reason: string) => void;
let socket: WebSocketStream;

beforeEach(() => {
  sent = [];
  closed = false;
  socket = {
    send: (message) => sent.push(message),
    close: () => {
      closed = true;
    },
    onMessage: (listener) => {
      receive = listener;
    },
    onClose: (listener) => {
      end = listener;
    },
  };
});

const PORT = Buffer.from([53, 0]);
const data = (...bytes: number[]) => Buffer.from([0, ...bytes]);

describe('a forwarded port', () => {
  it('passes data after the port of the channel, and marks what it sends', async () => {
    const stream = portForwardStream(socket);
    receive(Buffer.concat([Buffer.from([0]), PORT]));
    receive(Buffer.concat([Buffer.from([1]), PORT]));
    receive(data(1, 2));
    stream.write(Buffer.from([7]));
    expect(await stream[Symbol.asyncIterator]().next()).toEqual({ done: false, value: Buffer.from([1, 2]) });
    expect(sent).toEqual([Buffer.from([0, 7])]);
    stream.destroy();
    expect(closed).toBe(true);
  });

  it('fails with what the kubelet reports', async () => {
    const stream = portForwardStream(socket);
    const read = text(stream);
    receive(Buffer.concat([Buffer.from([1]), PORT]));
    receive(Buffer.concat([Buffer.from([1]), Buffer.from('connection refused\n')]));
    await expect(read).rejects.toThrow('port forwarding failed: connection refused');
    expect(closed).toBe(true);
  });

  it('fails if the API server closes the connection', async () => {
    const read = text(portForwardStream(socket));
    end('');
    await expect(read).rejects.toThrow('the API server closed the connection to the pod');
  });
});

it('a refusal names the pod', async () => {
  const exchange = { openWebSocket: () => Promise.reject(new Error('the server refused the WebSocket')) };
  const pod = { namespace: 'kube-system', name: 'coredns-1' };
  const opening = openPortForward(exchange, { cluster: 'east', pod, port: 53, signal: new AbortController().signal });
  await expect(opening).rejects.toThrow(
    'cluster east: get pods/portforward kube-system/coredns-1: the server refused the WebSocket',
  );
});
