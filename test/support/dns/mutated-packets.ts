/** Mutated query packets, reproducible from a seed. */

import { EDNS_UDP_BYTES, FLAG, PLAIN_UDP_BYTES, RCODE } from '../../../src/dns/wire/protocol.ts';
import { CASES } from './cases.ts';
import { caseObjects } from './objects.ts';
import { questionOf, ServedZone } from './served-zone.ts';

/** A seeded random number generator (xorshift32). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Boundary values of lengths and label types. */
const EDGES = [0, 1, 12, 63, 64, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xff];

/** Applies one to eight mutations: changed bytes and bits, truncation, repetition, trailing bytes, changed counts. */
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

export interface Tally {
  readonly answered: number;
  readonly dropped: number;
  /** Packets, as hex, whose response was missing, too long, mismatched or SERVFAIL. */
  readonly wrong: readonly string[];
  /** Live memory after the first tenth and at the end, in bytes. */
  readonly heap: readonly [number, number];
}

/** Maximum size of a response in bytes, depending on whether it has EDNS. */
function allowed(response: Buffer): number {
  return response.length >= 23 && response.readUInt16BE(10) > 0 ? EDNS_UDP_BYTES : PLAIN_UDP_BYTES;
}

/** Sends `count` mutated packets to a server. */
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
    // Only internal errors return SERVFAIL here.
    const failed = (response.readUInt16BE(2) & FLAG.RCODE) === RCODE.SERVFAIL;
    const fits = response.length <= allowed(response) && response.readUInt16BE(0) === packet.readUInt16BE(0);
    if (!fits || failed || ((response[2] ?? 0) & 0x80) === 0) wrong.push(packet.toString('hex'));
  }
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { answered, dropped, wrong, heap: [first, heapUsed + arrayBuffers] };
}
