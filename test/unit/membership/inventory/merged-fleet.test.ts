import { describe, expect, it } from 'vitest';
import type { FleetConfig, MemberConfig } from '../../../../src/config/fleet-config.ts';
import { parseFleet } from '../../../../src/config/parse.ts';
import { type DescribedMember, settingsOf } from '../../../../src/membership/inventory/described-member.ts';
import { mergedFleet } from '../../../../src/membership/inventory/merged-fleet.ts';

function fleet(members: readonly object[] = [], spec: object = {}): FleetConfig {
  const document = { apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { ...spec, members } };
  return parseFleet(JSON.stringify(document), { file: '/fleet.yaml' });
}

const FILE = fleet([{ name: 'a', context: 'a', podCIDRs: ['10.1.0.0/16'], serviceCIDRs: ['10.101.0.0/16'] }]);

function member(
  name: string,
  data: Readonly<Record<string, string>> = {},
  fields: Partial<DescribedMember> = {},
): DescribedMember {
  const found = settingsOf(name, data, {});
  const base = { source: `Secret "ns/${name}"`, createdAt: '2026-01-01T00:00:00Z', isLeaving: false };
  return { ...base, name, kubeconfig: 'text', ...found, ...fields };
}

const before = (config: FleetConfig): ReadonlyMap<string, MemberConfig> =>
  new Map(config.members.flatMap((each) => (each.access.kind === 'stored' ? [[each.access.source, each]] : [])));

function merged(described: readonly DescribedMember[], known: FleetConfig = FILE, file: FleetConfig = FILE) {
  const { config, outcomes } = mergedFleet(file, described, before(known));
  const problems = outcomes.flatMap(({ source, problem }) => (problem === undefined ? [] : [`${source}: ${problem}`]));
  return { config, names: config.members.map(({ name }) => name), problems };
}

describe('members of an inventory', () => {
  it('follow those of the file, the oldest first, whatever their order', () => {
    const [b, c] = [member('b', {}, { createdAt: '2026-02-01T00:00:00Z' }), member('c')];
    expect(merged([b, c]).names).toEqual(['a', 'c', 'b']);
    expect(merged([c, b]).config).toEqual(merged([b, c]).config);
    expect(merged([c]).config.members[1]).toMatchObject({ access: { kind: 'stored', source: 'Secret "ns/c"' } });
  });

  it('leave a fleet without any as the file has it', () => {
    expect(mergedFleet(FILE, [], new Map()).config).toBe(FILE);
  });

  it('take the derived prefix of the fleet', () => {
    const file = fleet([], { derivedPrefix: 'x-' });
    expect(merged([member('b')], file, file).config.members[0]?.derivedPrefix).toBe('x-');
  });

  it('change the token of the guard, so that a confirmation does not outlive an edit', () => {
    const tokens = [[], [member('b')], [member('b', { podCIDRs: '10.2.0.0/16' })], [member('b'), member('c')]].map(
      (described) => merged(described).config.guard.token,
    );
    expect(new Set(tokens).size).toBe(4);
    expect(merged([member('b', {}, { kubeconfig: 'renewed' })]).config.guard.token).toBe(tokens[1]);
  });
});

describe('one that the file has', () => {
  it('is ignored, with a warning', () => {
    const { names, problems, config } = merged([member('a', { podCIDRs: '10.9.0.0/16' })]);
    expect(names).toEqual(['a']);
    expect(config.members).toEqual(FILE.members);
    expect(problems).toEqual([
      'Secret "ns/a": the fleet file has a member "a" already, which takes precedence; use another name',
    ]);
  });
});

describe('one that cannot be used', () => {
  it.each([
    [{ podCIDRs: '10.1.2.0/24' }, '10.1.2.0/24 overlaps 10.1.0.0/16 of member "a" of the fleet file'],
    [{ podCIDRs: '10.101.0.0/24' }, '10.101.0.0/24 overlaps 10.101.0.0/16 of member "a"'],
    [{ serviceCIDRs: '10.1.0.0/24' }, '10.1.0.0/24 overlaps 10.1.0.0/16 of member "a"'],
    [{ podCIDRs: 'x' }, 'podCIDRs[0]: "x" is not a CIDR'],
  ])('with %j is a member without networks, and touches no other', (data, problem) => {
    const { config, problems } = merged([member('b', data), member('c')]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
    expect(config.members[0]).toEqual(FILE.members[0]);
    expect(config.members[1]).toMatchObject({ name: 'b', podCIDRs: [], serviceCIDRs: [], addresses: 'Known' });
    expect(config.members[2]?.name).toBe('c');
  });

  it('keeps its former settings', () => {
    const { config: good } = merged([member('b', { podCIDRs: '10.2.0.0/16' })]);
    for (const bad of [{ podCIDRs: 'x' }, { podCIDRs: '10.1.0.0/16' }]) {
      const { config, problems } = merged([member('b', bad)], good);
      expect(config.members).toEqual(good.members);
      expect(problems).toHaveLength(1);
    }
  });

  it('keeps its former name if it has none now', () => {
    const { config: good } = merged([member('b')]);
    const { name: _, settings: __, ...nameless } = member('b');
    const { names } = merged([{ ...nameless, problem: 'bad name' }], good);
    expect(names).toEqual(['a', 'b']);
    expect(merged([{ ...nameless, problem: 'bad name' }]).names).toEqual(['a']);
  });

  it('is the younger of two that claim the same', () => {
    const other = { source: 'Secret "ns/z"', createdAt: '2026-02-01T00:00:00Z' };
    expect(merged([member('b'), member('b', {}, other)]).problems).toEqual([
      'Secret "ns/z": Secret "ns/b" has a member "b" already, which takes precedence; use another name',
    ]);
    const { problems } = merged([member('b', { clusterId: 'u' }), member('c', { clusterId: 'u' }, other)]);
    expect(problems).toEqual([
      'Secret "ns/z": member "b" of Secret "ns/b" has the same clusterId; a cluster can be only one member',
    ]);
  });
});

describe('one that is to leave', () => {
  it('is no member, and needs no other confirmation', () => {
    const { config, names, problems } = merged([member('b', {}, { isLeaving: true }), member('c')]);
    expect(names).toEqual(['a', 'c']);
    expect(config.guard.departing).toEqual(['b']);
    expect(problems).toEqual([]);
  });

  it('does not remove a member of the file', () => {
    const { config } = merged([member('a', {}, { isLeaving: true })]);
    expect(config).toBe(FILE);
  });
});
