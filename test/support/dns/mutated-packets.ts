/** Questions with some bytes changed, from a seed: the same packets each time. */

import { EDNS_UDP_BYTES, FLAG, PLAIN_UDP_BYTES, RCODE } from '../../../src/dns/wire/protocol.ts';
import { CASES } from './cases.ts';
import { caseObjects } from './objects.ts';
import { questionOf, ServedZone } from './served-zone.ts';

/** A small generator of numbers (xorshift32): the same for the same seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Values that stand at the edges of what is allowed. */
const EDGES = [0, 1, 12, 63, 64, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xff];

/** Changes a packet in one to eight ways: bytes, bits, cuts, repeats, bytes at the end, counts. */
export function mutate(packet: Buffer, random: (below: number) => number): Buffer {
  let bytes: Buffer = Buffer.from(packet);
  for (let left = 1 + random(8); left > 0; left--) {
    const at = random(Math.max(1, bytes.length));
    switch (random(7)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at] = EDGES[random(EDGES.length)] ?? 0;
        break;
      case 2:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1))]);
        break;
      case 5:
        bytes = Buffer.concat([bytes, Buffer.alloc(random(64), random(256))]);
        break;
      default:
        if (bytes.length >= 12) bytes.writeUInt16BE(random(4), 4 + 2 * random(4));
    }
  }
  return bytes;
}

/** What became of many mutated packets. */
export interface Tally {
  readonly answered: number;
  readonly dropped: number;
  /** Packets whose answer was longer than allowed, not an answer to them, or that made a fault; as hex. */
  readonly wrong: readonly string[];
  /** Bytes of live memory after the first tenth, and at the end. */
  readonly heap: readonly [number, number];
}

/** Bytes that the answer to a packet may have: those that its EDNS, if it can be trusted, allows. */
function allowed(response: Buffer): number {
  return response.length >= 23 && response.readUInt16BE(10) > 0 ? EDNS_UDP_BYTES : PLAIN_UDP_BYTES;
}

/** Puts `count` mutated packets to a server. */
export function bombard(count: number, seed: number, collect: () => void): Tally {
  const served = new ServedZone(caseObjects('shop'));
  const seeds = CASES.flatMap(({ ask }) => [questionOf(ask, 4096, 7), questionOf(ask, 0, 7)]);
  const random = randomOf(seed);
  const wrong: string[] = [];
  let [answered, dropped, first] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    if (i === Math.floor(count / 10)) {
      collect();
      first = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    }
    const packet = mutate(seeds[random(seeds.length)] ?? Buffer.alloc(0), random);
    const response = served.responder.respond(packet, '127.0.0.1', 'udp');
    if (!response) {
      dropped++;
      if (packet.length >= 12 && ((packet[2] ?? 0) & 0x80) === 0) wrong.push(packet.toString('hex'));
      continue;
    }
    answered++;
    // A fault of ours is told as SERVFAIL, which nothing else is here.
    const failed = (response.readUInt16BE(2) & FLAG.RCODE) === RCODE.SERVFAIL;
    const fits = response.length <= allowed(response) && response.readUInt16BE(0) === packet.readUInt16BE(0);
    if (!fits || failed || ((response[2] ?? 0) & 0x80) === 0) wrong.push(packet.toString('hex'));
  }
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { answered, dropped, wrong, heap: [first, heapUsed + arrayBuffers] };
}
