import { EDNS_UDP_BYTES, FLAG, PLAIN_UDP_BYTES, RCODE } from '../../../src/dns/wire/protocol.ts';
import { CASES } from '../dns/cases.ts';
import { caseObjects } from '../dns/objects.ts';
import { questionOf, ServedZone } from '../dns/served-zone.ts';
import { type FuzzTarget, mutated } from './fuzz.ts';
import type { Below } from './random.ts';

/** Maximum size of a response in bytes, depending on whether it has EDNS. */
function allowed(response: Buffer): number {
  return response.length >= 23 && response.readUInt16BE(10) > 0 ? EDNS_UDP_BYTES : PLAIN_UDP_BYTES;
}

/** Changes one of the counts in the header. */
function withOtherCount(packet: Buffer, below: Below): Buffer {
  if (packet.length >= 12 && below(4) === 0) packet.writeUInt16BE(below(4), 4 + 2 * below(4));
  return packet;
}

function check(respond: (packet: Buffer) => Buffer | undefined, packet: Buffer): void {
  const isQuery = packet.length >= 12 && ((packet[2] ?? 0) & 0x80) === 0;
  const response = respond(packet);
  if (!response) {
    if (isQuery) throw new Error('a query without response');
    return;
  }
  if (!isQuery) throw new Error('a response to something that is not a query');
  // Only internal errors return SERVFAIL here.
  if ((response.readUInt16BE(2) & FLAG.RCODE) === RCODE.SERVFAIL) throw new Error('SERVFAIL');
  if (response.length > allowed(response)) throw new Error(`a response of ${response.length} bytes`);
  if (response.readUInt16BE(0) !== packet.readUInt16BE(0)) throw new Error('a response to another query');
  if (((response[2] ?? 0) & 0x80) === 0) throw new Error('a response without QR');
}

/** Query packets. */
export function dnsTarget(): FuzzTarget {
  const served = new ServedZone(caseObjects('shop'));
  const [first, ...seeds] = CASES.flatMap(({ ask }) => [questionOf(ask, 4096, 7), questionOf(ask, 0, 7)]);
  if (!first) throw new Error('no cases');
  const target = mutated([first, ...seeds], [], (packet) =>
    check((query) => served.responder.respond(query, '127.0.0.1', 'udp'), packet),
  );
  return { ...target, input: (below) => withOtherCount(target.input(below), below) };
}
