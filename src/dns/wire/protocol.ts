/** DNS protocol constants. Source: RFC 1035, section 4; IANA, "Domain Name System (DNS) Parameters". */

/** Record and query types. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

const TYPE_NAMES = new Map<number, string>(Object.entries(TYPE).map(([name, number]) => [number, name]));

/** `A`; `TYPE65280` for an unknown type (RFC 3597, section 5). */
export function typeName(type: number): string {
  return TYPE_NAMES.get(type) ?? `TYPE${type}`;
}

/** Internet, the only class that is served. */
export const CLASS_IN = 1;

/** Response codes. `BADVERS` exceeds the header field and requires EDNS (RFC 6891, section 9). */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;
export type Rcode = (typeof RCODE)[keyof typeof RCODE];

const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, number]) => [number, name]));

/** `NXDOMAIN`; `RCODE9` for an unknown code. */
export function rcodeName(rcode: number): string {
  return RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`;
}

/** Masks of the second 16-bit word of the header. */
export const FLAG = {
  QR: 0x8000,
  OPCODE: 0x7800,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  CD: 0x0010,
  RCODE: 0x000f,
} as const;

/** The first bit of the flags of an OPT record (RFC 3225). */
export const DNSSEC_OK = 0x8000;

export const HEADER_BYTES = 12;

/** Maximum UDP payload without EDNS (RFC 1035, section 4.2.1). */
export const PLAIN_UDP_BYTES = 512;

/** Maximum UDP payload with EDNS; small enough to avoid fragmentation (DNS flag day 2020; RFC 9715). */
export const EDNS_UDP_BYTES = 1232;

/** Maximum message size over TCP, limited by the two-byte length prefix (RFC 1035, section 4.2.2). */
export const TCP_BYTES = 65_535;
