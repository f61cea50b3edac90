import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAG } from '../../../src/dns/wire/protocol.ts';
import { CASES } from '../../support/dns/cases.ts';
import { DIFFERENCES } from '../../support/dns/differences.ts';
import { caseObjects } from '../../support/dns/objects.ts';
import { ServedZone, shown, sorted } from '../../support/dns/served-zone.ts';

describe.each([
  { rule: 24, title: 'rule 24: SRV records' },
  { rule: 25, title: 'rule 25: names of headless endpoints' },
  { rule: 26, title: 'rule 26: empty names' },
  { rule: 27, title: 'rule 27: the version of the schema' },
  { rule: undefined, title: 'other names' },
])('$title', ({ rule }) => {
  const served = new ServedZone(caseObjects('shop'));

  it.each(CASES.filter((each) => each.rule === rule))('$ask', ({ ask, catamaran }) => {
    const message = served.ask(ask);
    expect(shown(message)).toEqual(sorted(catamaran));
    const negative = catamaran.answers.length === 0 && catamaran.rcode !== 'REFUSED';
    expect(message.authority.map(({ type, ttl, data }) => ({ type, ttl, data }))).toEqual(
      negative ? [{ type: 6, ttl: 5, data: expect.stringMatching(/^ns\.dns\.clusterset\.local\. .* 5$/) }] : [],
    );
    expect((message.flags & FLAG.AA) !== 0).toBe(catamaran.rcode !== 'REFUSED');
  });
});

describe('the differences from CoreDNS', () => {
  it('rule 28: are all covered by a case or a packet of the contract test', () => {
    const contract = readFileSync(join(import.meta.dirname, '../../contract/dns.test.ts'), 'utf8');
    const covered = new Set<string>(CASES.flatMap(({ coredns }) => (coredns ? [coredns.why] : [])));
    for (const name of Object.keys(DIFFERENCES))
      expect(covered.has(name) || contract.includes(`'${name}'`), name).toBe(true);
  });

  it('rule 28: are those that docs/reference/dns.md lists', () => {
    const doc = readFileSync(join(import.meta.dirname, '../../../docs/reference/dns.md'), 'utf8');
    const section = /^## Differences from CoreDNS$(?<text>[\s\S]*?)^## /m.exec(doc)?.groups?.text ?? '';
    const cells = (line: string) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2)
      .map(cells);
    expect(rows).toEqual(
      Object.values(DIFFERENCES).map(({ coredns, catamaran, specification }) => [coredns, catamaran, specification]),
    );
  });
});
