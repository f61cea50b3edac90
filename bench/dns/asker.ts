/** Asks one DNS server, one question at a time, and looks for one address in the answer. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parseName } from '../../src/dns/wire/name.ts';
import { TYPE } from '../../src/dns/wire/protocol.ts';
import { encodeQuery } from '../../src/dns/wire/wire-message.ts';

/** A question without an answer is asked again after this time, in ms. */
const RETRY_MS = 100;

/** A socket to one server. */
export interface Asker {
  /** Asks for A records until the answer has `address`, without a pause in between. */
  untilAnswered(domain: string, address: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export async function openAsker(port: number): Promise<Asker> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  // Nobody listens while a server starts.
  socket.on('error', () => undefined);
  let heard: (answer: Buffer) => void = () => undefined;
  socket.on('message', (answer) => heard(answer));
  let id = 0;
  return {
    async untilAnswered(domain, address, signal) {
      const data = Buffer.from(address.split('.').map(Number));
      for (let found = false; !found; ) {
        signal.throwIfAborted();
        id = (id + 1) & 0xffff;
        const question = encodeQuery({ id, name: parseName(domain), type: TYPE.A, udpBytes: 1232 });
        found = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(false), RETRY_MS);
          heard = (answer) => {
            if (answer.readUInt16BE(0) !== id) return;
            clearTimeout(timer);
            resolve(answer.includes(data, question.length - 11));
          };
          socket.send(question, () => undefined);
        });
      }
    },
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
