/** DNS questions and answers within the process. Source: RFC 1034, section 3.6; RFC 2782. */

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'SRV';

/** A question. The name is absolute, in lower case, without the trailing dot. */
export interface Question {
  readonly name: string;
  readonly type: Exclude<RecordType, 'CNAME'>;
}

/**
 * A record; `data` is an address, a name, or for SRV `priority weight port target`. Names have the same form as in a
 * question.
 */
export interface DnsRecord {
  readonly name: string;
  readonly type: RecordType;
  readonly data: string;
}

/** An answer. NOERROR without records: the name exists, but has no records of this type (NODATA). */
export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL';
  readonly records: readonly DnsRecord[];
}

/** Answers questions below one domain. */
export type Zone = (question: Question) => Promise<DnsAnswer>;

/** Resolves `clusterset.local`, as configured in the DNS of a cluster. */
export type ClusterSetZone = (cluster: string) => Zone;

/** The name does not exist. */
export const NXDOMAIN: DnsAnswer = { rcode: 'NXDOMAIN', records: [] };

/** Records of an existing name. */
export function answer(records: readonly DnsRecord[]): DnsAnswer {
  return { rcode: 'NOERROR', records };
}

/** Whether a name equals a zone's or is below it. */
export function isBelow(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}
