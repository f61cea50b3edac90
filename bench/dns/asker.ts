/** Queries one DNS server, one query at a time, until an expected address is in the response. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parseName } from '../../src/dns/wire/name.ts';
import { TYPE } from '../../src/dns/wire/protocol.ts';
import { encodeQuery } from '../../src/dns/wire/wire-message.ts';

/** Time without a response before a retry, in ms. */
const RETRY_MS = 100;

export interface Asker {
  /** Queries A records without pause until the response has `address`. */
  untilAnswered(domain: string, address: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export async function openAsker(port: number): Promise<Asker> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  // The port is closed while the server starts.
  socket.on('error', () => undefined);
  let received: (response: Buffer) => void = () => undefined;
  socket.on('message', (response) => received(response));
  let id = 0;
  return {
    async untilAnswered(domain, address, signal) {
      const data = Buffer.from(address.split('.').map(Number));
      for (let found = false; !found; ) {
        signal.throwIfAborted();
        id = (id + 1) & 0xffff;
        const query = encodeQuery({ id, name: parseName(domain), type: TYPE.A, udpBytes: 1232 });
        found = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(false), RETRY_MS);
          received = (response) => {
            if (response.readUInt16BE(0) !== id) return;
            clearTimeout(timer);
            resolve(response.includes(data, query.length - 11));
          };
          socket.send(query, () => undefined);
        });
      }
    },
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
