import { describe, expect, it } from 'vitest';
import { parseCorefile } from '../../../../src/dns/coredns/corefile.ts';
import { addZone, type DnsMode, inspectZone, removeZone } from '../../../../src/dns/coredns/corefile-edit.ts';
import { diff } from '../../../../src/dns/coredns/diff.ts';
import { KUBEADM_COREFILE } from '../../../support/dns/coredns-objects.ts';

const ZONE = 'clusterset.local';
const COREDNS = { mode: 'coredns', zone: ZONE } as const;
const STUB = { mode: 'stub', zone: ZONE, forward: '10.96.0.53' } as const;

/** Corefiles that people have. */
const KINDS: readonly [string, string][] = [
  ['kubeadm', KUBEADM_COREFILE],
  ['no newline at the end', KUBEADM_COREFILE.trimEnd()],
  [
    'a kubernetes without options',
    '.:53 {\n    kubernetes cluster.local in-addr.arpa ip6.arpa\n    forward . 8.8.8.8\n}\n',
  ],
  [
    'tabs, comments and quotes',
    '# mine\n.:53 {\n\terrors # all\n\tkubernetes cluster.local {\n\t\tpods "verified"\n\t}\n}\n',
  ],
  ['other blocks around', `corp.example:53 {\n    forward . 10.0.0.1\n}\n${KUBEADM_COREFILE}extra.example {\n}\n`],
  [
    'a comment behind a kubernetes without options',
    '.:53 {\n    kubernetes cluster.local in-addr.arpa  # ours, not "theirs"\n    errors\n}\n',
  ],
  ['a comment close to a brace', '.:53 {#dns\n    kubernetes cluster.local {# mine\n        ttl 5#s\n    }\n}\n'],
  ['a zone in quotes', '.:53 {\n    kubernetes "cluster.local" in-addr.arpa {\n        ttl 5\n    }\n}\n'],
  ['several keys', 'cluster.local:53, in-addr.arpa:53 {\n    kubernetes cluster.local in-addr.arpa\n}\n'],
];

describe.each(KINDS)('a Corefile: %s', (_, text) => {
  it.each([COREDNS, STUB])('brings the zone in by $mode once, and takes it out without a trace', (wanted) => {
    const enabled = addZone(text, wanted);
    expect(inspectZone(text, ZONE).mode).toBeUndefined();
    expect(inspectZone(enabled, ZONE).mode).toBe(wanted.mode);
    expect(addZone(enabled, wanted)).toBe(enabled);
    expect(removeZone(enabled, ZONE).trimEnd()).toBe(text.trimEnd());
    expect(removeZone(text, ZONE)).toBe(text);
  });

  it('goes from one way to the other', () => {
    expect(addZone(addZone(text, COREDNS), STUB).trimEnd()).toBe(addZone(text, STUB).trimEnd());
    expect(addZone(addZone(text, STUB), COREDNS).trimEnd()).toBe(addZone(text, COREDNS).trimEnd());
  });
});

describe('the change', () => {
  it.each<[DnsMode, string[]]>([
    [
      'coredns',
      [
        '      }',
        '      ready',
        '-     kubernetes cluster.local in-addr.arpa ip6.arpa {',
        '+     kubernetes cluster.local clusterset.local in-addr.arpa ip6.arpa {',
        '+         multicluster clusterset.local # by catamaran dns',
        '         pods insecure',
      ],
    ],
    [
      'stub',
      [
        '      loadbalance',
        '  }',
        '+ # begin of catamaran dns',
        '+ clusterset.local:53 {',
        '+     errors',
        '+     cache 5',
        '+     forward . 10.96.0.53',
        '+ }',
        '+ # end of catamaran dns',
      ],
    ],
  ])('of kubeadm’s Corefile by %s is what the documents do by hand', (mode, lines) => {
    const shown = diff(KUBEADM_COREFILE, addZone(KUBEADM_COREFILE, { ...STUB, mode }));
    expect(shown.slice(0, lines.length)).toEqual(lines);
  });

  it('keeps what somebody else changed meanwhile', () => {
    for (const wanted of [COREDNS, STUB]) {
      const edited = addZone(KUBEADM_COREFILE, wanted).replace('loadbalance', 'loadbalance random');
      expect(removeZone(edited, ZONE)).toBe(KUBEADM_COREFILE.replace('loadbalance', 'loadbalance random'));
    }
    const more = addZone('.:53 {\n    kubernetes cluster.local\n}\n', COREDNS).replace(
      'multicluster',
      'ttl 9\n        multicluster',
    );
    expect(removeZone(more, ZONE)).toBe('.:53 {\n    kubernetes cluster.local {\n        ttl 9\n    }\n}\n');
  });

  it('of one zone leaves that of another alone', () => {
    const other = { zone: 'other.example', forward: '10.96.0.54' };
    for (const { mode } of [COREDNS, STUB]) {
      const one = addZone(KUBEADM_COREFILE, { ...STUB, mode });
      const both = addZone(one, { ...other, mode });
      expect(removeZone(one, other.zone)).toBe(one);
      expect([inspectZone(both, ZONE).mode, inspectZone(both, other.zone).mode]).toEqual([mode, mode]);
      expect(removeZone(both, other.zone)).toBe(one);
      expect(removeZone(both, ZONE)).toBe(addZone(KUBEADM_COREFILE, { ...other, mode }));
    }
  });

  it('keeps a block that somebody put between our marks', () => {
    const block = 'corp.example:53 {\n    errors\n}\n';
    const edited = addZone(KUBEADM_COREFILE, STUB).replace('# end of', `${block}# end of`);
    expect(removeZone(edited, ZONE)).toBe(KUBEADM_COREFILE + block);
  });

  it('is taken out whatever the case of the zone', () => {
    for (const wanted of [COREDNS, STUB])
      expect(removeZone(addZone(KUBEADM_COREFILE, wanted), 'ClusterSet.Local')).toBe(KUBEADM_COREFILE);
  });

  it('leaves alone what a user did by hand', () => {
    const byHand =
      '.:53 {\n    kubernetes cluster.local clusterset.local {\n        multicluster clusterset.local\n    }\n}\n';
    expect(addZone(byHand, COREDNS)).toBe(byHand);
    expect(removeZone(byHand, ZONE)).toBe(byHand);
  });
});

describe('is refused, with its line:', () => {
  it.each([
    ['an import', '.:53 {\n    import ../more\n}\n', 'line 2: import'],
    ['an import above', 'import more\n', 'line 1: import'],
    ['a snippet', '(shared) {\n    errors\n}\n', 'line 1: (shared): snippets'],
    ['a block that is not closed', '.:53 {\n    errors\n', 'line 1: a block that is not closed'],
    ['a plugin’s block that is not closed', '.:53 {\n    health {\n}\n', 'line 1: a block that is not closed'],
    ['a brace too many', '.:53 {\n}\n}\n', 'line 3'],
    ['a block without a name', '{\n}\n', 'line 1: a server block without a name'],
    ['a block without braces', '.:53\nerrors\n', 'line 1: a server block without an opening brace'],
    ['a brace on a line of words', '.:53 {\n    health { lameduck 5s }\n}\n', 'line 2: a brace where none belongs'],
    ['words behind a brace', '.:53 {\n    errors\n} more\n', 'line 3: words behind'],
    ['a quote inside of a word', '.:53 {\n    bind a"b"\n}\n', 'line 2: a quote'],
    ['a quote that is open', '.:53 {\n    bind "a\n}\n', 'line 2: a quote'],
  ])('%s', (_, text, message) => {
    expect(() => parseCorefile(text)).toThrow(
      expect.objectContaining({ code: 'CTM_COREFILE', message: expect.stringContaining(message) }),
    );
    expect(() => addZone(text, COREDNS)).toThrow(message);
    expect(() => removeZone(text, ZONE)).toThrow(message);
  });

  it.each([
    ['no plugin kubernetes', '.:53 {\n    forward . 8.8.8.8\n}\n', 'no plugin kubernetes'],
    ['two of them', '.:53 {\n    kubernetes a\n}\n.:54 {\n    kubernetes b\n}\n', 'more than once'],
    ['one that names no zone', '.:53 {\n    kubernetes\n}\n', 'names no zones'],
    [
      'a block of the zone',
      '.:53 {\n    kubernetes a\n}\nClusterset.Local.:53 {\n    forward . 1.1.1.1\n}\n',
      'line 4 has a server block',
    ],
    ['a kubernetes in quotes', '.:53 {\n    "kubernetes" a\n}\n', 'line 2: kubernetes is written in an unusual way'],
    ['half of the option', '.:53 {\n    kubernetes a clusterset.local\n}\n', 'half of what serves'],
  ])('%s', (_, text, message) => {
    expect(() => addZone(text, COREDNS)).toThrow(message);
  });
});
