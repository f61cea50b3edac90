/** Questions and answers of DNS within the process. Source: RFC 1034, section 3.6; RFC 2782. */

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'SRV';

/** A question. The name is absolute, in lower case, without the dot at its end. */
export interface Question {
  readonly name: string;
  readonly type: Exclude<RecordType, 'CNAME'>;
}

/** A record; `data` is an address, a name, or for SRV `priority weight port target`. Names are as in a question. */
export interface DnsRecord {
  readonly name: string;
  readonly type: RecordType;
  readonly data: string;
}

/** What a question comes to. No records and NOERROR: the name is there, and has none of this type. */
export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL';
  readonly records: readonly DnsRecord[];
}

/** Answers questions below one name. */
export type Zone = (question: Question) => Promise<DnsAnswer>;

/** Answers for `clusterset.local`, as the DNS of a cluster. */
export type ClusterSetZone = (cluster: string) => Zone;

/** There is no such name. */
export const NXDOMAIN: DnsAnswer = { rcode: 'NXDOMAIN', records: [] };

/** Records of a name that is there. */
export function answer(records: readonly DnsRecord[]): DnsAnswer {
  return { rcode: 'NOERROR', records };
}

/** Whether a name is a zone's or below it. */
export function isBelow(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}
