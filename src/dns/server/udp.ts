/** DNS over UDP. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Address } from '../../runtime/address.ts';

export interface UdpOptions {
  readonly respond: (packet: Buffer, client: string) => Buffer | undefined;
  /** Called for each response that the operating system rejected. */
  readonly notSent: () => void;
}

/** Receive buffer for queries that arrive while the process is busy, in bytes; the system may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Listens until it is disposed of. Rejects if it cannot listen on the address. */
export async function openUdpListener(
  { respond, notSent }: UdpOptions,
  { host, port }: Address,
): Promise<AsyncDisposable> {
  const family = isIPv6(host) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // Responses go to IP addresses, so skip the lookup.
    lookup: (address, _options, found) => found(null, address, family),
  });
  const sent = (error: Error | null) => {
    if (error) notSent();
  };
  socket.on('message', (packet, client) => {
    const response = client.port === 0 ? undefined : respond(packet, client.address);
    if (response) socket.send(response, client.port, client.address, sent);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', notSent);
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        socket.close(() => resolve());
      }),
  };
}
