import { describe, expect, it, test } from 'vitest';
import { namespaceRules } from '../../../src/config/namespace-rules.ts';
import { parseFleet } from '../../../src/config/parse.ts';

const HEADER = 'apiVersion: catamaran.dev/v1alpha1\nkind: Fleet\nspec:\n';

function rulesOf(...lines: readonly string[]) {
  const text = `${HEADER}${lines.map((line) => `  ${line}\n`).join('')}`;
  const config = parseFleet(text, { file: 'fleet.yaml' });
  const gone = { namespaces: [], slices: 'Managed' as const };
  return {
    ...namespaceRules(config),
    member: (name: string) => config.members.find((each) => each.name === name) ?? gone,
  };
}

const MEMBERS = 'members: [{name: a, context: a}, {name: b, context: b, slices: Any}]';

describe('the import mode', () => {
  const rules = rulesOf(
    'import: {mode: Automatic}',
    'namespaces: [{name: shared, import: {mode: Automatic}}, {name: both, import: {mode: Automatic}}, {name: sh*, import: {mode: Manual}}]',
    'members:',
    '- {name: plain}',
    '- {name: own, context: o, import: {mode: Manual}, namespaces: [{name: bo*, import: {mode: Manual}}]}',
  );

  it.each([
    ['plain', 'any', 'Automatic', 'the fleet'],
    ['own', 'any', 'Manual', 'the member, before the fleet'],
    ['own', 'shared', 'Automatic', 'the namespace, before the member and before a prefix'],
    ['own', 'both', 'Manual', "the member's namespaces, before all"],
    ['plain', 'both', 'Automatic', 'the namespace'],
    ['plain', 'shop', 'Manual', 'a prefix'],
    ['gone', 'any', 'Automatic', 'the fleet, for a removed member'],
  ])('of %s in namespace %s is %s, from %s', (member, namespace, expected) => {
    expect(rules.importMode(rules.member(member), namespace)).toBe(expected);
  });
});

describe('exporters and importers', () => {
  test('rule 49: by default, every member exports and imports in every namespace except those of the system', () => {
    const rules = rulesOf('lease: {namespace: mcs}', MEMBERS);
    expect(rules.exportRefusal('a', 'pay', 'web')).toBeUndefined();
    expect(rules.importRefusal('a', 'pay')).toBeUndefined();
    for (const namespace of ['kube-system', 'kube-public', 'kube-anything', 'mcs']) {
      expect(rules.exportRefusal('a', namespace, 'web')).toBe(
        `Member "a" may not export from namespace "${namespace}": system namespaces need an entry in spec.namespaces of the fleet file, with export.members`,
      );
      expect(rules.importRefusal('a', namespace)).toContain('with import.members');
    }
    expect(rules.exportRefusal('a', 'kube', 'web')).toBeUndefined();
  });

  test('rule 49: an entry names the members that may export and those that may import', () => {
    const rules = rulesOf('namespaces: [{name: pay, export: {members: [a]}, import: {members: [b]}}]', MEMBERS);
    expect(rules.exportRefusal('a', 'pay', 'web')).toBeUndefined();
    expect(rules.exportRefusal('b', 'pay', 'web')).toBe(
      'Member "b" may not export from namespace "pay": spec.namespaces[0].export.members of the fleet file does not list it',
    );
    expect(rules.importRefusal('a', 'pay')).toBe(
      'Member "a" may not import from namespace "pay": spec.namespaces[0].import.members of the fleet file does not list it',
    );
    expect(rules.importRefusal('b', 'pay')).toBeUndefined();
  });

  test('rule 49: the most specific entry that has the setting applies', () => {
    const rules = rulesOf(
      'namespaces:',
      '- {name: "*", export: {members: [a]}}',
      '- {name: team-*, export: {members: [b]}}',
      '- {name: team-x, import: {mode: Manual}}',
      '- {name: team-y, export: {members: ["*"]}}',
      '- {name: team-z, export: {members: []}}',
      MEMBERS,
    );
    const exporters = (namespace: string) =>
      ['a', 'b'].filter((member) => rules.exportRefusal(member, namespace, 'web') === undefined);
    expect(['other', 'team-1', 'team-x', 'team-y', 'team-z', 'kube-system'].map(exporters)).toEqual([
      ['a'],
      ['b'],
      ['b'],
      ['a', 'b'],
      [],
      [],
    ]);
  });

  test('rule 49: only an entry for a system namespace itself allows it, and the API server is never exported', () => {
    const rules = rulesOf(
      'namespaces: [{name: kube-*, export: {members: [a]}}, {name: kube-system, import: {members: ["*"]}}, {name: default, export: {members: ["*"]}}]',
      MEMBERS,
    );
    expect(rules.exportRefusal('a', 'kube-public', 'web')).toBeUndefined();
    expect(rules.exportRefusal('b', 'kube-public', 'web')).toContain('spec.namespaces[0]');
    // The Lease is there, so the prefix does not suffice.
    expect(rules.exportRefusal('a', 'kube-system', 'kube-dns')).toBeDefined();
    expect(rules.importRefusal('b', 'kube-system')).toBeUndefined();
    expect(rules.exportRefusal('a', 'default', 'web')).toBeUndefined();
    expect(rules.exportRefusal('a', 'default', 'kubernetes')).toBe(
      'Service "default/kubernetes" is the API server of its own cluster and cannot be exported',
    );
  });

  test('the slices to import are set by namespace, then by member', () => {
    const rules = rulesOf(
      'namespaces: [{name: db, export: {slices: Any}}, {name: web, export: {slices: Managed}}]',
      MEMBERS,
    );
    const slices = (member: string) =>
      ['db', 'web', 'other'].map((namespace) => rules.slices(rules.member(member), namespace));
    expect(slices('a')).toEqual(['Any', 'Managed', 'Managed']);
    expect(slices('b')).toEqual(['Any', 'Managed', 'Any']);
  });
});
