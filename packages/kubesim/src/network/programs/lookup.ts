/** nslookup and dig. Source: BusyBox, nslookup; dig(1). */
import { addressAt } from '../../workloads/address-ranges.ts';
import type { Client } from '../client.ts';
import { type DnsAnswer, isBelow, type Question } from '../dns.ts';
import { candidates } from '../resolver.ts';
import { parseOptions } from './options.ts';
import type { Execution, Program } from './program.ts';

const TYPES = ['A', 'AAAA', 'SRV', 'PTR'] as const;

/** Index of the kube-dns address in the Service range. */
const DNS_ADDRESS = 10;

/** Address of the cluster's DNS. */
export function dnsServer({ view }: Client): string {
  return addressAt(view.settings.serviceCIDRs[0] ?? '', DNS_ADDRESS);
}

function typeOf(text: string): Question['type'] | undefined {
  return TYPES.find((type) => type === text.toUpperCase());
}

export const nslookup: Program = async ({ client, resolver, stdout }, args) => {
  const { given, operands } = parseOptions(
    args.map((arg) => arg.replace(/^-(type|query)=/, '--type=')),
    [{ names: ['--type'], value: true }],
  );
  const [host] = operands;
  if (host === undefined) {
    stdout('Usage: nslookup [-type=QUERY_TYPE] HOST\n');
    return 1;
  }
  const server = dnsServer(client);
  stdout(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
  const asked = typeOf(given.get('--type') ?? '');
  const types = asked ? [asked] : (['A', 'AAAA'] as const);
  let last = host;
  for (const name of candidates(host.toLowerCase(), client.resolving)) {
    last = name;
    const answers = await Promise.all(types.map((type) => resolver.ask(client.view, { name, type })));
    const records = answers.flatMap((answer) => answer.records);
    if (records.length === 0 && !answers.some(({ rcode }) => rcode === 'NOERROR')) continue;
    for (const { name: owner, type, data } of records) {
      if (type === 'CNAME') stdout(`${owner}\tcanonical name = ${data}\n`);
      else if (type === 'SRV') stdout(`${owner}\tservice = ${data}\n`);
      else if (type === 'PTR') stdout(`${owner}\tname = ${data}\n`);
      else stdout(`Name:\t${owner}\nAddress: ${data}\n`);
    }
    if (records.length === 0) stdout(`*** Can't find ${host}: No answer\n`);
    stdout('\n');
    return 0;
  }
  stdout(`** server can't find ${last}: NXDOMAIN\n\n`);
  return 1;
};

function ttlOf({ client }: Execution, name: string): number {
  return isBelow(name, client.view.settings.domain) ? 30 : 5;
}

export const dig: Program = async (execution, args) => {
  const { client, resolver, stdout } = execution;
  const words = args.filter((arg) => !arg.startsWith('@'));
  const flags = new Set(words.filter((arg) => arg.startsWith('+')));
  const [host, second = 'A'] = words.filter((arg) => !arg.startsWith('+') && !arg.startsWith('-'));
  const type = typeOf(second);
  if (host === undefined || type === undefined) {
    stdout(`dig: NAME [${TYPES.join('|')}] [+short] [+search]\n`);
    return 1;
  }
  const names = flags.has('+search')
    ? candidates(host.toLowerCase(), client.resolving)
    : [host.toLowerCase().replace(/\.$/, '')];
  let name = names[0] ?? host;
  let answer: DnsAnswer = { rcode: 'NXDOMAIN', records: [] };
  for (const each of names) {
    name = each;
    answer = await resolver.ask(client.view, { name, type });
    if (answer.records.length > 0) break;
  }
  const { rcode, records } = answer;
  if (flags.has('+short')) {
    for (const { data, type: found } of records)
      stdout(`${/^[AS]/.test(found) && found !== 'SRV' ? data : `${data}.`}\n`);
    return 0;
  }
  stdout(`;; ->>HEADER<<- opcode: QUERY, status: ${rcode}\n;; QUERY: 1, ANSWER: ${records.length}\n\n`);
  stdout(`;; QUESTION SECTION:\n;${name}.\t\tIN\t${type}\n\n`);
  if (records.length > 0) stdout(';; ANSWER SECTION:\n');
  for (const record of records) {
    const dot = record.type === 'A' || record.type === 'AAAA' ? '' : '.';
    stdout(`${record.name}.\t${ttlOf(execution, record.name)}\tIN\t${record.type}\t${record.data}${dot}\n`);
  }
  stdout(`${records.length > 0 ? '\n' : ''};; SERVER: ${dnsServer(client)}#53\n`);
  return 0;
};
