/** Structure of edits; test/contract serves each result with the real CoreDNS. D1 to D12: docs/reference/dns.md. */
import { describe, expect, it } from 'vitest';
import { parseCorefile } from '../../../../src/dns/coredns/corefile.ts';
import { addZone, removeZone } from '../../../../src/dns/coredns/corefile-edit.ts';
import { diff } from '../../../../src/dns/coredns/diff.ts';
import { inspectZone } from '../../../../src/dns/coredns/zone-state.ts';
import { KUBEADM_COREFILE } from '../../../support/dns/coredns-objects.ts';
import { COREFILES } from '../../../support/dns/corefiles.ts';

const ZONE = 'clusterset.local';
const COREDNS = { mode: 'coredns', zone: ZONE } as const;
const STUB = { mode: 'stub', zone: ZONE, forward: '10.96.0.53' } as const;

const editable = COREFILES.filter(({ text }) => inspectZone(text, ZONE).mode === undefined);
const withoutComments = (text: string) => text.replace(/^[ \t]*#.*\n/gm, '');

describe.each(editable)('the Corefile: $name', ({ text, modes = ['coredns', 'stub'] }) => {
  it.each([COREDNS, STUB].filter(({ mode }) => modes.includes(mode)))(
    'adds the zone once in mode $mode, and removes it without a trace',
    (wanted) => {
      const enabled = addZone(text, wanted);
      expect(inspectZone(enabled, ZONE)).toMatchObject({ mode: wanted.mode, asked: true });
      expect(addZone(enabled, wanted)).toBe(enabled);
      expect(removeZone(enabled, ZONE).trimEnd()).toBe(text.trimEnd());
      expect(removeZone(text, ZONE)).toBe(text);
      expect(removeZone(text, ZONE, text)).toBe(text);
    },
  );

  it('finds what was added by structure if comments are stripped, as by a migration (D5)', () => {
    for (const wanted of [COREDNS, STUB]) {
      const stripped = withoutComments(addZone(text, wanted));
      expect(removeZone(stripped, ZONE, text).trimEnd()).toBe(withoutComments(text).trimEnd());
    }
  });

  it('switches between the modes', () => {
    expect(addZone(addZone(text, COREDNS), STUB).trimEnd()).toBe(addZone(text, STUB).trimEnd());
    expect(addZone(addZone(text, STUB), COREDNS).trimEnd()).toBe(addZone(text, COREDNS).trimEnd());
  });
});

/** The lines that are added to a Corefile. */
const added = (text: string, wanted: Parameters<typeof addZone>[1]) =>
  addZone(text, wanted)
    .slice(text.length)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('the added server block', () => {
  it('asks the API server for imports and their slices only', () => {
    const shown = diff(KUBEADM_COREFILE, addZone(KUBEADM_COREFILE, COREDNS));
    expect(shown).toEqual([
      '      loadbalance',
      '  }',
      '+ # begin of catamaran dns',
      '+ clusterset.local:53 {',
      '+     errors',
      '+     cache 5',
      '+     loadbalance',
      '+     prometheus :9153',
      '+     kubernetes clusterset.local {',
      '+         labels multicluster.kubernetes.io/service-name',
      '+         noendpoints',
      '+         startup_timeout 1s',
      '+         multicluster clusterset.local',
      '+     }',
      '+ }',
      '+ # end of catamaran dns',
    ]);
  });

  it('shuffles answers and is in the metrics of CoreDNS (D9)', () => {
    expect(added(KUBEADM_COREFILE, STUB)).toEqual([
      'clusterset.local:53 {',
      '    errors',
      '    cache 5',
      '    loadbalance',
      '    prometheus :9153',
      '    forward . 10.96.0.53',
      '}',
    ]);
  });

  it.each([
    ['.:53', ['    bind 127.0.0.1']],
    ['.:53', ['    bind lo {', '        except ::1', '    }']],
  ])('listens where the other one does: %s %j (D7)', (key, bind) => {
    const text = `${key} {\n${bind.join('\n')}\n    kubernetes cluster.local\n}\n`;
    for (const wanted of [COREDNS, STUB]) expect(added(text, wanted)).toEqual(expect.arrayContaining(bind));
  });

  it.each([
    ['.:5353 {', 'clusterset.local:5353 {'],
    ['. {', 'clusterset.local {'],
    ['.:{$PORT} {', 'clusterset.local:{$PORT} {'],
    ['.:53 .:1053 {', 'clusterset.local:53 clusterset.local:1053 {'],
    ['cluster.local:53, in-addr.arpa:53 {', 'clusterset.local:53 {'],
    ['dns://.:53 tls://.:853 {', 'clusterset.local:53 {'],
  ])('has the ports of %s', (head, own) => {
    expect(added(`${head}\n    kubernetes cluster.local\n}\n`, STUB)[0]).toBe(own);
  });

  it('connects to the API server that the cluster’s own names come from', () => {
    const options = ['endpoint https://10.0.0.1', 'tls a b c', 'kubeconfig /x y', 'apiserver_qps 5'];
    const text = `.:53 {\n    kubernetes cluster.local {\n        ttl 5\n${options.map((line) => `        ${line}\n`).join('')}    }\n}\n`;
    expect(added(text, COREDNS)).toEqual(expect.arrayContaining(options.map((line) => `        ${line}`)));
    expect(added(text, COREDNS).join()).not.toContain('ttl');
  });

  it('of a cache on each node asks the cluster’s DNS as for the cluster’s own names (D8)', () => {
    const text = COREFILES.find(({ name }) => name.startsWith('NodeLocal'))?.text ?? '';
    expect(added(text, { mode: 'stub', zone: ZONE })).toEqual([
      'clusterset.local:53 {',
      '    bind 169.254.20.10 10.96.0.10',
      '    errors',
      '    cache 5',
      '    loadbalance',
      '    prometheus :9253',
      '    forward . __PILLAR__CLUSTER__DNS__ {',
      '            force_tcp',
      '    }',
      '}',
    ]);
  });
});

describe('what others configured', () => {
  it('since then is kept', () => {
    for (const wanted of [COREDNS, STUB]) {
      const edited = addZone(KUBEADM_COREFILE, wanted).replace('loadbalance', 'loadbalance random');
      expect(removeZone(edited, ZONE)).toBe(KUBEADM_COREFILE.replace('loadbalance', 'loadbalance random'));
    }
  });

  it('for another zone is left alone', () => {
    const other = { zone: 'other.example', forward: '10.96.0.54' };
    for (const { mode } of [COREDNS, STUB]) {
      const one = addZone(KUBEADM_COREFILE, { ...STUB, mode });
      const both = addZone(one, { ...other, mode }, { original: KUBEADM_COREFILE });
      expect(removeZone(one, other.zone)).toBe(one);
      expect([inspectZone(both, ZONE).mode, inspectZone(both, other.zone).mode]).toEqual([mode, mode]);
      expect(removeZone(both, other.zone)).toBe(one);
      expect(removeZone(both, ZONE, KUBEADM_COREFILE)).toBe(addZone(KUBEADM_COREFILE, { ...other, mode }));
    }
  });

  it('between the marks is kept', () => {
    const block = 'corp.example:53 {\n    errors\n}\n';
    const edited = addZone(KUBEADM_COREFILE, STUB).replace('# end of', `${block}# end of`);
    expect(removeZone(edited, ZONE)).toBe(KUBEADM_COREFILE + block);
  });

  it('in the added block is kept with the block', () => {
    for (const wanted of [COREDNS, STUB]) {
      const edited = addZone(KUBEADM_COREFILE, wanted).replace('cache 5', 'cache 5\n    rewrite name a.b c.d');
      expect(removeZone(edited, ZONE, KUBEADM_COREFILE)).toBe(edited);
    }
  });

  it('is found regardless of the case of the zone', () => {
    for (const wanted of [COREDNS, STUB])
      expect(removeZone(addZone(KUBEADM_COREFILE, wanted), 'ClusterSet.Local')).toBe(KUBEADM_COREFILE);
  });

  it.each([
    [
      'the option',
      '.:53 {\n    kubernetes cluster.local clusterset.local {\n        multicluster clusterset.local\n    }\n}\n',
    ],
    ['the external plugin (D10)', '.:53 {\n    multicluster clusterset.local\n    kubernetes cluster.local\n}\n'],
    [
      'the external plugin in a block of its own',
      'clusterset.local {\n    multicluster\n}\n. {\n    kubernetes cluster.local\n}\n',
    ],
  ])('by hand is left alone: %s', (_, text) => {
    expect(addZone(text, COREDNS)).toBe(text);
    expect(removeZone(text, ZONE)).toBe(text);
    expect(removeZone(text, ZONE, text)).toBe(text);
  });

  it('as a forward within the server block is recognized', () => {
    const text =
      '.:53 {\n    kubernetes cluster.local\n    forward clusterset.local 10.96.0.53\n    forward . 9.9.9.9\n}\n';
    expect(inspectZone(text, ZONE)).toMatchObject({ mode: 'stub', forward: '10.96.0.53', asked: true });
    expect(addZone(text, STUB)).toBe(text);
  });
});

describe('the option that earlier versions added to the kubernetes directive', () => {
  const OLD = KUBEADM_COREFILE.replace('kubernetes cluster.local', 'kubernetes cluster.local clusterset.local').replace(
    'pods insecure',
    'multicluster clusterset.local # by catamaran dns\n       pods insecure',
  );

  it('is removed, by its mark or by the original', () => {
    expect(removeZone(OLD, ZONE)).toBe(KUBEADM_COREFILE);
    expect(removeZone(OLD.replace(' # by catamaran dns', ''), ZONE, KUBEADM_COREFILE)).toBe(KUBEADM_COREFILE);
    const bare = '.:53 {\n    kubernetes cluster.local\n}\n';
    const opened =
      '.:53 {\n    kubernetes cluster.local clusterset.local {\n        multicluster clusterset.local\n    }\n}\n';
    expect(removeZone(opened, ZONE, bare)).toBe(bare);
  });

  it('is replaced by a server block', () => {
    expect(addZone(OLD, COREDNS)).toBe(addZone(KUBEADM_COREFILE, COREDNS));
  });
});

describe('a zone that no query reaches', () => {
  it('is noticed: the option in a block for other names (D6)', () => {
    const text =
      'cluster.local:53 {\n    kubernetes cluster.local clusterset.local {\n        multicluster clusterset.local\n    }\n}\n.:53 {\n    forward . 9.9.9.9\n}\n';
    expect(inspectZone(text, ZONE)).toMatchObject({ mode: 'coredns', asked: false });
    expect(inspectZone(addZone(text, COREDNS), ZONE)).toMatchObject({ mode: 'coredns', asked: true });
  });

  it('is noticed: a block on another port', () => {
    const text = '.:53 {\n    kubernetes cluster.local\n}\nclusterset.local:5300 {\n    forward . 9.9.9.9\n}\n';
    expect(inspectZone(text, ZONE)).toMatchObject({ mode: 'stub', asked: false });
  });
});

describe('is rejected with its line number:', () => {
  it.each([
    ['an unclosed block', '.:53 {\n    errors\n', 'line 1: unclosed block'],
    ['an unclosed snippet', '(shared) {\n    errors\n', 'line 1: unclosed block'],
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
    [
      'a server block for the zone',
      '.:53 {\n    kubernetes a\n}\nClusterset.Local.:53 {\n    forward . 1.1.1.1\n}\n',
      'line 4: a server block for clusterset.local already exists',
    ],
    [
      'one that neither serves nor forwards it',
      '.:53 {\n    kubernetes a\n}\nclusterset.local:53 {\n    errors\n}\n',
      'line 4: a server block for clusterset.local already exists',
    ],
  ])('%s', (_, text, message) => {
    expect(() => addZone(text, COREDNS)).toThrow(message);
  });
});

it('snippets that import each other end', () => {
  const text =
    '(a) {\n    import b\n}\n(b) {\n    import a\n}\n.:53 {\n    import a\n    kubernetes cluster.local\n}\n';
  expect(inspectZone(text, ZONE).mode).toBeUndefined();
});
