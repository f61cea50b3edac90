/**
 * A byte stream to a port of a pod, through the API server and the kubelet, as `kubectl port-forward` opens it.
 *
 * Source: Kubernetes, subprotocol `v4.channel.k8s.io` of `pods/portforward`: each message starts with a channel, 0 for
 * data and 1 for an error; the first message of each channel is the port.
 */

import { Duplex } from 'node:stream';
import { PODS } from '../../api/resources.ts';
import { transportError } from './api-errors.ts';
import type { ObjectName } from './client.ts';
import type { Exchange } from './exchange.ts';
import { pathOf, placeName } from './paths.ts';
import type { WebSocketStream } from './transport.ts';

const PROTOCOL = 'v4.channel.k8s.io';

const CHANNEL = { data: 0, error: 1 } as const;

export interface PortForward {
  readonly cluster: string;
  readonly pod: ObjectName;
  readonly port: number;
  readonly signal: AbortSignal;
}

export async function openPortForward(
  exchange: Pick<Exchange, 'openWebSocket'>,
  { cluster, pod, port, signal }: PortForward,
): Promise<Duplex> {
  const path = pathOf(PODS, { ...pod, subresource: 'portforward' }, { ports: port });
  try {
    return portForwardStream(await exchange.openWebSocket(path, PROTOCOL, signal));
  } catch (error) {
    signal.throwIfAborted();
    const name = { cluster, verb: 'get', resource: 'pods/portforward', object: placeName(pod) };
    throw transportError(name, error);
  }
}

/** Adapts the messages of an open WebSocket; destroying the stream closes it. */
export function portForwardStream(socket: WebSocketStream): Duplex {
  const opened = new Set<number>();
  const stream = new Duplex({
    read() {
      // Messages are pushed as they arrive; DNS messages are few and short.
    },
    write(chunk: Buffer, _encoding, done) {
      socket.send(Buffer.concat([Buffer.from([CHANNEL.data]), chunk]));
      done();
    },
    destroy(error, done) {
      socket.close();
      done(error);
    },
  });
  socket.onMessage((message) => {
    const channel = message[0] ?? CHANNEL.error;
    const body = message.subarray(1);
    if (!opened.has(channel)) opened.add(channel);
    else if (channel === CHANNEL.data) stream.push(body);
    else if (body.length > 0) stream.destroy(new Error(`port forwarding failed: ${body.toString('utf8').trim()}`));
  });
  socket.onClose((reason) => stream.destroy(new Error(reason || 'the API server closed the connection to the pod')));
  return stream;
}
