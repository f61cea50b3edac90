/** DNS over UDP: one question, one packet. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** What a listener is made of. */
export interface UdpOptions {
  readonly respond: (packet: Buffer, client: string) => Buffer | undefined;
  /** Called for each answer that the system would not take. */
  readonly notSent: () => void;
}

/** Bytes of questions that may wait in the system while we are busy; it may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Listens by UDP. */
export class UdpListener {
  readonly #options: UdpOptions;
  #socket: Socket | undefined;

  constructor(options: UdpOptions) {
    this.#options = options;
  }

  /** Rejects where the address cannot be had. */
  async listen(host: string, port: number): Promise<void> {
    const { respond, notSent } = this.#options;
    const family = isIPv6(host) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      // Where to answer is always an address, never a name.
      lookup: (address, _options, found) => found(null, address, family),
    });
    this.#socket = socket;
    const sent = (error: Error | null) => {
      if (error) notSent();
    };
    socket.on('message', (packet, client) => {
      const response = client.port === 0 ? undefined : respond(packet, client.address);
      if (response) socket.send(response, client.port, client.address, sent);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: host, port, exclusive: true }, resolve);
    });
    socket.on('error', notSent);
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(resolve));
  }
}
