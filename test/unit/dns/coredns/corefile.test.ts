import { describe, expect, it } from 'vitest';
import { parseCorefile } from '../../../../src/dns/coredns/corefile.ts';
import { addZone, type DnsMode, inspectZone, removeZone } from '../../../../src/dns/coredns/corefile-edit.ts';
import { diff } from '../../../../src/dns/coredns/diff.ts';
import { KUBEADM_COREFILE } from '../../../support/dns/coredns-objects.ts';

const ZONE = 'clusterset.local';
const COREDNS = { mode: 'coredns', zone: ZONE } as const;
const STUB = { mode: 'stub', zone: ZONE, forward: '10.96.0.53' } as const;

/** Corefiles as found in clusters. */
const KINDS: readonly [string, string][] = [
  ['kubeadm', KUBEADM_COREFILE],
  ['no trailing newline', KUBEADM_COREFILE.trimEnd()],
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
    'a comment after a kubernetes without options',
    '.:53 {\n    kubernetes cluster.local in-addr.arpa  # not "theirs"\n    errors\n}\n',
  ],
  ['a comment next to a brace', '.:53 {#dns\n    kubernetes cluster.local {# mine\n        ttl 5#s\n    }\n}\n'],
  ['a zone in quotes', '.:53 {\n    kubernetes "cluster.local" in-addr.arpa {\n        ttl 5\n    }\n}\n'],
  ['several keys', 'cluster.local:53, in-addr.arpa:53 {\n    kubernetes cluster.local in-addr.arpa\n}\n'],
];

describe.each(KINDS)('a Corefile: %s', (_, text) => {
  it.each([COREDNS, STUB])('adds the zone once in mode $mode, and removes it without a trace', (wanted) => {
    const enabled = addZone(text, wanted);
    expect(inspectZone(text, ZONE).mode).toBeUndefined();
    expect(inspectZone(enabled, ZONE).mode).toBe(wanted.mode);
    expect(addZone(enabled, wanted)).toBe(enabled);
    expect(removeZone(enabled, ZONE).trimEnd()).toBe(text.trimEnd());
    expect(removeZone(text, ZONE)).toBe(text);
  });

  it('switches between the modes', () => {
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
  ])('of the kubeadm Corefile in mode %s is the one that the documents make by hand', (mode, lines) => {
    const shown = diff(KUBEADM_COREFILE, addZone(KUBEADM_COREFILE, { ...STUB, mode }));
    expect(shown.slice(0, lines.length)).toEqual(lines);
  });

  it('keeps what another client has changed since', () => {
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

  it('for one zone leaves another zone alone', () => {
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

  it('keeps a foreign block between the marks', () => {
    const block = 'corp.example:53 {\n    errors\n}\n';
    const edited = addZone(KUBEADM_COREFILE, STUB).replace('# end of', `${block}# end of`);
    expect(removeZone(edited, ZONE)).toBe(KUBEADM_COREFILE + block);
  });

  it('is removed regardless of the case of the zone', () => {
    for (const wanted of [COREDNS, STUB])
      expect(removeZone(addZone(KUBEADM_COREFILE, wanted), 'ClusterSet.Local')).toBe(KUBEADM_COREFILE);
  });

  it('leaves manual configuration alone', () => {
    const byHand =
      '.:53 {\n    kubernetes cluster.local clusterset.local {\n        multicluster clusterset.local\n    }\n}\n';
    expect(addZone(byHand, COREDNS)).toBe(byHand);
    expect(removeZone(byHand, ZONE)).toBe(byHand);
  });
});

describe('is rejected with its line number:', () => {
  it.each([
    ['an import', '.:53 {\n    import ../more\n}\n', 'line 2: import'],
    ['an import above', 'import more\n', 'line 1: import'],
    ['a snippet', '(shared) {\n    errors\n}\n', 'line 1: (shared): snippets'],
    ['an unclosed block', '.:53 {\n    errors\n', 'line 1: unclosed block'],
    ['an unclosed plugin block', '.:53 {\n    health {\n}\n', 'line 1: unclosed block'],
    ['one brace too many', '.:53 {\n}\n}\n', 'line 3'],
    ['a block without a name', '{\n}\n', 'line 1: server block without a name'],
    ['a block without braces', '.:53\nerrors\n', 'line 1: server block without an opening brace'],
    ['a brace within a line', '.:53 {\n    health { lameduck 5s }\n}\n', 'line 2: unexpected brace'],
    ['text after a brace', '.:53 {\n    errors\n} more\n', 'line 3: unexpected text after'],
    ['a quote inside a word', '.:53 {\n    bind a"b"\n}\n', 'line 2: unclosed quote, or quote inside a word'],
    ['an unclosed quote', '.:53 {\n    bind "a\n}\n', 'line 2: unclosed quote'],
  ])('%s', (_, text, message) => {
    expect(() => parseCorefile(text)).toThrow(
      expect.objectContaining({ code: 'CTM_COREFILE', message: expect.stringContaining(message) }),
    );
    expect(() => addZone(text, COREDNS)).toThrow(message);
    expect(() => removeZone(text, ZONE)).toThrow(message);
  });

  it.each([
    ['no kubernetes plugin', '.:53 {\n    forward . 8.8.8.8\n}\n', 'no kubernetes plugin'],
    ['two of them', '.:53 {\n    kubernetes a\n}\n.:54 {\n    kubernetes b\n}\n', 'more than once'],
    ['one without zones', '.:53 {\n    kubernetes\n}\n', 'lists no zones'],
    [
      'a server block for the zone',
      '.:53 {\n    kubernetes a\n}\nClusterset.Local.:53 {\n    forward . 1.1.1.1\n}\n',
      'line 4: a server block for clusterset.local already exists',
    ],
    ['a kubernetes in quotes', '.:53 {\n    "kubernetes" a\n}\n', 'line 2: cannot edit this kubernetes directive'],
    ['a zone without its option', '.:53 {\n    kubernetes a clusterset.local\n}\n', 'only one of the zone'],
  ])('%s', (_, text, message) => {
    expect(() => addZone(text, COREDNS)).toThrow(message);
  });
});
