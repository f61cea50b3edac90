import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../../src/config/parse.ts';
import { FleetConfigError } from '../../../src/config/problems.ts';

const HEADER = 'apiVersion: catamaran.dev/v1alpha1\nkind: Fleet\n';

/** A fleet file with the YAML of `spec`, which starts at line 4. */
function fleet(spec: string): string {
  return `${HEADER}spec:\n${spec.replace(/^/gm, '  ')}`;
}

function parse(text: string) {
  return parseFleet(text, { file: '/etc/catamaran/fleet.yaml' });
}

/** `CODE line:column: field: text` of each problem. */
function problems(text: string): string[] {
  try {
    parseFleet(text, { file: 'fleet.yaml' });
  } catch (error) {
    if (!(error instanceof FleetConfigError)) throw error;
    return error.problems.map(({ code, message }) => `${code} ${message.replace('fleet.yaml:', '')}`);
  }
  return [];
}

describe('a fleet file', () => {
  it('requires only one member', () => {
    expect(parse(fleet('members: [{name: cluster1}]'))).toEqual({
      clustersetDomain: 'clusterset.local',
      importMode: 'Automatic',
      derivedPrefix: 'amcs-',
      unreachableAfterMs: 180_000,
      lease: {
        namespace: 'kube-system',
        name: 'catamaran',
        durationMs: 15_000,
        renewDeadlineMs: 10_000,
        retryPeriodMs: 2000,
      },
      namespaces: [],
      exportedLabels: [],
      exportedAnnotations: [],
      limits: {
        exportsPerMember: 5_000,
        exportsPerNamespace: 1_000,
        endpointsPerExport: 10_000,
        exportedBytes: 16_384,
        memberBytes: 134_217_728,
      },
      guard: { percent: 50, minimum: 5, token: expect.stringMatching(/^[0-9a-f]{16}$/) },
      inventories: [],
      members: [
        {
          name: 'cluster1',
          access: { kind: 'kubeconfig' },
          podCIDRs: [],
          serviceCIDRs: [],
          nodeCIDRs: [],
          extraCIDRs: [],
          addresses: 'Known',
          slices: 'Managed',
          derivedPrefix: 'amcs-',
          namespaces: [],
        },
      ],
    });
  });

  it('can set every field', () => {
    const text = readFileSync(join(import.meta.dirname, 'full.yaml'), 'utf8');
    expect(parse(text)).toEqual({
      name: 'demo',
      clustersetDomain: 'mcs.example.com',
      importMode: 'Manual',
      derivedPrefix: 'far-',
      unreachableAfterMs: 90_000,
      endpointExpiryMs: 600_000,
      lease: { namespace: 'mcs', name: 'writer', durationMs: 30_000, renewDeadlineMs: 20_000, retryPeriodMs: 2500 },
      namespaces: [
        { name: 'team-a', importMode: 'Automatic' },
        { name: 'kube-system', importers: ['*'], exporters: ['cluster1', '2nd'], slices: 'Any' },
        { name: 'team-*', exporters: [] },
      ],
      exportedLabels: ['team'],
      exportedAnnotations: ['example.com/*'],
      limits: {
        exportsPerMember: 10,
        exportsPerNamespace: 5,
        endpointsPerExport: 100,
        exportedBytes: 1_000,
        memberBytes: 10_000_000,
      },
      guard: { percent: 20, minimum: 3, confirm: 'abc', token: expect.stringMatching(/^[0-9a-f]{16}$/) },
      inventories: [
        { format: 'Catamaran', matchLabels: {} },
        {
          format: 'ClusterAPI',
          namespace: 'clusters',
          matchLabels: { env: 'prod' },
          access: { kind: 'kubeconfig', path: '/etc/catamaran/hub.kubeconfig', context: 'hub' },
        },
      ],
      members: [
        {
          name: 'cluster1',
          access: { kind: 'kubeconfig', path: '/etc/catamaran/keys/one.yaml', context: 'admin@one' },
          clusterId: '8d3f1f9e-6c0a-4a37-9d0c-0a7f2e0d1c11',
          podCIDRs: ['10.1.0.0/16', 'fd00:1::/56'],
          serviceCIDRs: ['10.96.0.0/12'],
          nodeCIDRs: ['192.168.1.0/24'],
          extraCIDRs: ['203.0.113.7/32'],
          addresses: 'Any',
          slices: 'Any',
          importMode: 'Automatic',
          derivedPrefix: 'one-',
          namespaces: [{ name: 'team-b', importMode: 'Manual' }],
        },
        {
          name: '2nd',
          access: { kind: 'inCluster' },
          podCIDRs: ['10.2.0.0/16'],
          serviceCIDRs: ['10.96.0.0/12'],
          nodeCIDRs: [],
          extraCIDRs: [],
          addresses: 'Known',
          slices: 'Managed',
          derivedPrefix: 'far-',
          namespaces: [],
        },
      ],
    });
  });

  it('is rejected with all problems at once, with line and column', () => {
    const text = fleet(
      [
        'import: {mode: manual}',
        'unreachableAfter: 15',
        'members:',
        '  - name: Cluster1',
        '    podCIDRs: [10.0.0.0/16, 10.0.0.0/33]',
        '  - podCIDRs: [10.0.1.0/24]',
        '    context: other',
      ].join('\n'),
    );
    expect(problems(text)).toEqual([
      'CTM_CONFIG_INVALID 4:18: spec.import.mode: "manual" is not supported; did you mean Manual?',
      'CTM_CONFIG_INVALID 5:21: spec.unreachableAfter: 15 is not a duration; use a number and a unit (h, m, s, ms), such as 15s or 1m30s',
      'CTM_CONFIG_INVALID 7:13: spec.members[0].name: "Cluster1" is not a DNS label; use at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends',
      'CTM_CONFIG_INVALID 8:31: spec.members[0].podCIDRs[1]: "10.0.0.0/33" is not a CIDR; use an address and a prefix length, such as 10.0.0.0/16',
      'CTM_CONFIG_INVALID 9:7: spec.members[1].name: is missing',
      'CTM_CONFIG_OVERLAP 9:18: spec.members[1].podCIDRs[0]: 10.0.1.0/24 of members[1] overlaps 10.0.0.0/16 (podCIDRs) of member "Cluster1"; an address must belong to only one member',
    ]);
  });

  it('cannot pin one cluster for two members', () => {
    const text = fleet('members: [{name: a, context: a, clusterId: x}, {name: b, context: b, clusterId: x}]');
    expect(problems(text).join('\n')).toContain('have the same clusterId; a cluster can be only one member');
    expect(problems(fleet('members: [{name: a, clusterId: a b}]')).join('\n')).toContain(
      'is not the UID of a namespace',
    );
  });

  it('can have no members', () => {
    expect(parseFleet(fleet('members: []'), { file: 'f.yaml' }).members).toEqual([]);
  });

  it('has a token that changes with its content, and not with comments, defaults, its place or the confirmation', () => {
    const token = (text: string, file = 'f.yaml') => parseFleet(fleet(text), { file }).guard.token;
    const one = token('members: [{name: a}]');
    expect(token('guard: {percent: 50, confirm: x} # really\nmembers: [{name: a}]', '/etc/f.yaml')).toBe(one);
    expect(token('members: [{name: a, podCIDRs: [10.0.0.0/16]}]')).not.toBe(one);
    expect(token('guard: {percent: 51}\nmembers: [{name: a}]')).not.toBe(one);
  });

  it('is rejected with the code of the first problem and the messages of all', () => {
    const text = fleet('members: [{name: a, context: a}, {name: a, context: b}]\nx: 1');
    expect(() => parseFleet(text, { file: 'f.yaml' })).toThrow(
      expect.objectContaining({
        code: 'CTM_MEMBER_DUPLICATE',
        message:
          'f.yaml:4:43: spec.members[1].name: "a" is also the name of members[0]; names must be unique\n' +
          'f.yaml:5:3: spec.x: unknown field; available: clusterset, import, derivedPrefix, unreachableAfter, ' +
          'endpointExpiry, lease, namespaces, exportedLabels, exportedAnnotations, limits, guard, inventories, ' +
          'members',
      }),
    );
  });

  it.each([
    ['derivedPrefx: a-', 'spec.derivedPrefx: unknown field; did you mean derivedPrefix?'],
    ['clusterSet: {}', 'spec.clusterSet: unknown field; did you mean clusterset?'],
    ['lease: {renewDeadLine: 1s}', 'spec.lease.renewDeadLine: unknown field; did you mean renewDeadline?'],
    ['namespaces: [{nmae: a, import: {mode: Manual}}]', 'spec.namespaces[0].nmae: unknown field; did you mean name?'],
  ])('with the typo %s gets a suggestion', (line, expected) => {
    expect(problems(fleet(`members: [{name: a}]\n${line}`)).join('\n')).toContain(expected);
  });

  it.each([
    ['derivedPrefix: 1a-', '"1a-" is not a prefix'],
    ['derivedPrefix: a23456789012345678901', 'at most 20'],
    ['derivedPrefix: ""', '"" is not a prefix'],
    ['unreachableAfter: 5d', '"5d" is not a duration'],
    ['unreachableAfter: 0s', 'longer than zero'],
    ['endpointExpiry: 10', '10 is not a duration; use one such as 10m, or never'],
    ['endpointExpiry: 0ms', 'longer than zero'],
    ['endpointExpiry: soon', '"soon" is not a duration; use one such as 10m, or never'],
    ['clusterset: {domain: clusterset.local.}', 'is not a DNS name'],
    ['clusterset: []', 'a list is not a mapping'],
    ['lease: {duration: 1500ms, renewDeadline: 1s, retryPeriod: 100ms}', 'spec.lease.duration: must be whole seconds'],
    ['lease: {duration: 10s}', 'spec.lease.renewDeadline: must be shorter than duration, which is 10s'],
    ['lease: {retryPeriod: 9s}', 'spec.lease.retryPeriod: times 1.2 must be shorter than renewDeadline, which is 10s'],
    ['namespaces: [{name: a}]', 'spec.namespaces[0]: sets nothing'],
    [
      'namespaces: [{name: a, import: {mode: Manual}}, {name: a, import: {mode: Manual}}]',
      'spec.namespaces[1].name: "a" is a duplicate of [0]',
    ],
  ])('with %s is rejected', (line, expected) => {
    const [problem, ...more] = problems(fleet(`members: [{name: a}]\n${line}`));
    expect(problem).toContain(expected);
    expect(more).toEqual([]);
  });

  it.each([
    ['{name: 1}', 'name: 1 is not a string; quote it'],
    ['{name: a.b}', '"a.b" is not a DNS label'],
    [`{name: ${'a'.repeat(64)}}`, 'is not a DNS label'],
    ['{name: a, inCluster: true, context: x}', 'context: mutually exclusive with inCluster: true'],
    ['{name: a, podCIDRs: 10.0.0.0/8}', '"10.0.0.0/8" is not a list'],
    ['{name: a, podCIDRs: [10.0.0.0]}', '"10.0.0.0" is not a CIDR'],
    ['{name: a, podCIDRs: [10.1/16]}', '"10.1/16" is not a CIDR'],
    ['{name: a, podCIDRs: [10.0.0.1/8]}', 'has host bits set; use 10.0.0.0/8'],
    ["{name: a, podCIDRs: ['fd00::1/64']}", 'has host bits set; use fd00::/64'],
    ["{name: a, podCIDRs: ['::ffff:10.0.0.0/104']}", 'use IPv4 notation'],
    ["{name: a, podCIDRs: ['fe80::%eth0/64']}", 'is not a CIDR'],
    ['{name: a, podCIDRs: [0.0.0.0/0]}', '"0.0.0.0/0" is too large; use a prefix length of at least 8'],
    ['{name: a, podCIDRs: [0.0.0.0/1]}', '"0.0.0.0/1" is too large'],
    ["{name: a, podCIDRs: ['::/0']}", '"::/0" is too large; use a prefix length of at least 16'],
    ['{name: a, extraCIDRs: [127.0.0.0/8]}', '"127.0.0.0/8" is loopback; use a network of pods or nodes'],
    ['{name: a, nodeCIDRs: [169.254.0.0/16]}', '"169.254.0.0/16" is link-local'],
    ['{name: a, extraCIDRs: [224.0.0.0/8]}', '"224.0.0.0/8" is multicast'],
    ['{name: a, extraCIDRs: [100.100.100.200/32]}', '"100.100.100.200/32" is a metadata service'],
    ["{name: a, podCIDRs: ['64:ff9b::/96']}", 'is an IPv4 address behind NAT64'],
    ["{name: a, serviceCIDRs: ['2002::/16']}", 'is an IPv4 address in a 6to4 tunnel'],
    ['{name: a, addresses: any}', '"any" is not supported; did you mean Any?'],
    ['{name: a, slices: All}', '"All" is not supported; use Managed or Any'],
    ["{name: a, kubeconfig: ''}", 'kubeconfig: is empty'],
  ])('with the member %s is rejected', (member, expected) => {
    const [problem, ...more] = problems(fleet(`members: [${member}]`));
    expect(problem).toContain(expected);
    expect(more).toEqual([]);
  });

  it.each([
    ['', '1:1: the file is empty'],
    ['- 1', '1:1: a list is not a mapping'],
    ['a: [', '1:5: not valid YAML: '],
    ['a: 1\na: 2', '2:1: not valid YAML: Map keys must be unique'],
    ['a: *b', '1:1: not valid YAML: '],
    [fleet('members: []\nguard: {percent: 101}'), '5:20: spec.guard.percent: '],
    [fleet('members: []\nguard: {minimum: 0}'), '5:20: spec.guard.minimum: '],
    [fleet('members: []\nguard: {confirm: ""}'), '5:20: spec.guard.confirm: is empty'],
    [HEADER, '1:1: spec: is missing'],
    [fleet('members: [{name: a}]').replace('v1alpha1', 'v1'), '1:13: apiVersion: "catamaran.dev/v1" is not supported'],
    [`${fleet('members: [{name: a}]')}\n---\n`, 'not valid YAML: '],
  ])('with the content %j is rejected', (text, expected) => {
    expect(problems(text).join('\n')).toContain(expected);
  });

  it('locates a value behind an alias', () => {
    const text = fleet('members:\n- {name: a, podCIDRs: &net [x]}\n- {name: b, context: b, serviceCIDRs: *net}');
    expect(problems(text).map((problem) => problem.split(' ')[1])).toEqual(['5:31:', '5:31:']);
  });
});

describe('two members', () => {
  const pair = (first: string, second: string) =>
    problems(fleet(`members: [{name: a, ${first}}, {name: b, ${second}}]`));

  it.each([
    ['podCIDRs', 'podCIDRs'],
    ['podCIDRs', 'nodeCIDRs'],
    ['nodeCIDRs', 'extraCIDRs'],
    ['extraCIDRs', 'podCIDRs'],
  ])('must not share addresses: %s of one, %s of the other', (one, other) => {
    for (const [wide, narrow] of [
      ['10.0.0.0/8', '10.9.8.0/24'],
      ["'fd00::/16'", "'fd00:12::/32'"],
    ]) {
      const found = pair(`${one}: [${wide}]`, `context: b, ${other}: [${narrow}]`);
      expect(found).toEqual([
        expect.stringContaining(`of member "b" overlaps ${wide?.replaceAll("'", '')} (${one}) of member "a"`),
      ]);
      expect(found[0]).toMatch(/^CTM_CONFIG_OVERLAP /);
      expect(pair(`${one}: [${narrow}]`, `context: b, ${other}: [${wide}]`)).toHaveLength(1);
    }
  });

  it('may share serviceCIDRs and have adjacent networks', () => {
    expect(pair('serviceCIDRs: [10.96.0.0/12]', 'context: b, serviceCIDRs: [10.96.0.0/12]')).toEqual([]);
    expect(pair('podCIDRs: [10.0.0.0/16]', 'context: b, podCIDRs: [10.1.0.0/16]')).toEqual([]);
    expect(pair('podCIDRs: [10.0.0.0/8]', "context: b, podCIDRs: ['fd00::/16']")).toEqual([]);
  });

  it('must not have the same name', () => {
    expect(problems(fleet('members: [{name: a, context: a}, {name: a, context: b}]'))).toEqual([
      'CTM_MEMBER_DUPLICATE 4:43: spec.members[1].name: "a" is also the name of members[0]; names must be unique',
    ]);
  });

  it.each([
    ['kubeconfig: x.yaml', 'kubeconfig: ./x.yaml'],
    ['context: c', 'context: c'],
    ['kubeconfig: x.yaml, context: c', 'kubeconfig: sub/../x.yaml, context: c'],
    ['inCluster: true', 'inCluster: true'],
  ])('must not be the same cluster: %s and %s', (one, other) => {
    expect(pair(one, other)).toEqual([
      expect.stringMatching(/^CTM_MEMBER_DUPLICATE .*member "b" and member "a" are the same cluster/),
    ]);
  });

  it('may be two contexts of the same file', () => {
    expect(pair('kubeconfig: x.yaml, context: c', 'kubeconfig: x.yaml, context: d')).toEqual([]);
    expect(pair('context: c', 'inCluster: true')).toEqual([]);
  });
});
