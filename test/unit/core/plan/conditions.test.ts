import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Condition } from '../../../../src/api/meta.ts';
import { type ConditionDraft, mergeConditions, noticesOf } from '../../../../src/core/plan/conditions.ts';
import { anImport, at } from '../../../support/core/objects.ts';

const OWN = ['Ready', 'catamaran.dev/SourcesReachable'];

function aDraft(status: 'True' | 'False', reason: string, type = 'Ready'): ConditionDraft {
  return { type, status, reason, message: `because ${reason}` };
}

function aCondition(draft: ConditionDraft, lastTransitionTime = at(0), observedGeneration = 1): Condition {
  return { ...draft, lastTransitionTime, observedGeneration };
}

describe('rule 45: conditions', () => {
  const ready = aCondition(aDraft('True', 'Ready'));
  const foreign = aCondition(aDraft('False', 'Whatever', 'example.com/Foreign'));

  test('that say the same stay as they are, to the last byte', () => {
    const types = fc.subarray([...OWN, 'example.com/Foreign']);
    const status = fc.constantFrom('True' as const, 'False' as const);
    fc.assert(
      fc.property(types, status, status, (types, a, b) => {
        const drafts = OWN.map((type, index) => aDraft(index === 0 ? a : b, 'Reason', type));
        const observed = types.map((type) => aCondition(aDraft('True', 'Old', type)));
        const once = mergeConditions(observed, { types: OWN, drafts }, 3, at(9));
        expect(mergeConditions(once, { types: OWN, drafts }, 3, at(99))).toEqual(once);
        expect(once.filter(({ type }) => !OWN.includes(type))).toEqual(
          observed.filter(({ type }) => !OWN.includes(type)),
        );
      }),
    );
  });

  test('move their time only with their status', () => {
    const other = { types: OWN, drafts: [aDraft('True', 'Other')] };
    expect(mergeConditions([ready], other, 2, at(9))).toEqual([aCondition(aDraft('True', 'Other'), at(0), 2)]);
    const bad = { types: OWN, drafts: [aDraft('False', 'Pending')] };
    expect(mergeConditions([ready], bad, 2, at(9))).toEqual([aCondition(aDraft('False', 'Pending'), at(9), 2)]);
  });

  test('of ours go when they are not wanted, those of others stay in their place', () => {
    expect(mergeConditions([foreign, ready], { types: OWN, drafts: [] }, 1, at(9))).toEqual([foreign]);
    const drafts = [aDraft('True', 'Ready')];
    expect(mergeConditions([foreign], { types: OWN, drafts }, 1, at(0))).toEqual([foreign, ready]);
  });

  test('show control characters in a message as text, and cut a message that is too long', () => {
    const draft = { ...aDraft('True', 'Ready'), message: `a\u001b[2Jb${'x'.repeat(40_000)}` };
    const [merged] = mergeConditions([], { types: OWN, drafts: [draft] }, 1, at(9));
    expect(merged?.message).toMatch(/^a\\u\{1b\}\[2Jbx+…$/);
    expect(merged?.message).toHaveLength(32_700);
  });

  test('tell no generation where the object has none', () => {
    const drafts = [aDraft('True', 'Ready')];
    expect(mergeConditions([], { types: OWN, drafts }, undefined, at(9))[0]).not.toHaveProperty('observedGeneration');
  });
});

describe('rule 45: Events', () => {
  const object = anImport({}, { uid: 'u' });
  const regarding = { apiVersion: object.apiVersion, kind: 'ServiceImport', namespace: 'shop', name: 'web', uid: 'u' };
  const recovered = { reason: 'Imported', message: 'all is well' };
  const told = (before: readonly ConditionDraft[], after: readonly ConditionDraft[], silent: readonly string[] = []) =>
    noticesOf(
      object,
      before.map((draft) => aCondition(draft)),
      { types: OWN, drafts: after },
      recovered,
      silent,
    );

  const good = aDraft('True', 'Ready');
  const bad = aDraft('False', 'NotExported');
  const pending = aDraft('False', 'Pending');
  const lost = aDraft('False', 'MemberUnreachable', 'catamaran.dev/SourcesReachable');

  test('warn when something turns bad, or is bad for another reason', () => {
    const warning = { type: 'Warning', reason: 'NotExported', message: 'because NotExported', regarding };
    expect(told([], [bad])).toEqual([warning]);
    expect(told([good], [bad])).toEqual([warning]);
    expect(told([aDraft('False', 'InvalidPort')], [bad])).toEqual([warning]);
    expect(told([bad], [bad, lost])).toMatchObject([{ reason: 'MemberUnreachable' }]);
  });

  test('tell of a recovery once everything is well', () => {
    const recovery = { type: 'Normal', ...recovered, regarding };
    expect(told([bad], [good])).toEqual([recovery]);
    expect(told([good, lost], [good])).toEqual([recovery]);
    expect(told([bad, lost], [bad])).toEqual([]);
  });

  test('do not tell of what is expected, on its way, unchanged or silent', () => {
    expect(told([], [good])).toEqual([]);
    expect(told([], [pending])).toEqual([]);
    expect(told([pending], [good])).toEqual([]);
    expect(told([bad], [pending])).toEqual([]);
    expect(told([bad], [{ ...bad, message: 'other words' }])).toEqual([]);
    expect(told([good], [bad], ['Ready'])).toEqual([]);
  });

  test.each([
    ['Valid', 'True', 'False'],
    ['Conflict', 'False', 'True'],
    ['catamaran.dev/EndpointsAccepted', 'True', 'False'],
    ['Ready', 'True', 'False'],
    ['catamaran.dev/SourcesReachable', 'True', 'False'],
    ['catamaran.dev/EndpointsAvailable', 'True', 'False'],
    ['catamaran.dev/Managed', 'True', 'False'],
    ['catamaran.dev/HostnamesUnique', 'True', 'False'],
    ['catamaran.dev/Exported', 'True', 'False'],
  ] as const)('take %s for good if it is %s, for bad if it is %s', (type, good, bad) => {
    const notices = (status: 'True' | 'False') =>
      noticesOf(object, [], { types: [type], drafts: [aDraft(status, 'Some', type)] }, recovered);
    expect(notices(good)).toEqual([]);
    expect(notices(bad)).toMatchObject([{ type: 'Warning' }]);
  });

  test('name an object without namespace and UID as far as they can', () => {
    const bare = { ...object, metadata: { name: 'web' } };
    const [notice] = noticesOf(bare, [], { types: OWN, drafts: [bad] }, recovered);
    expect(notice?.regarding).toStrictEqual({
      apiVersion: object.apiVersion,
      kind: 'ServiceImport',
      namespace: '',
      name: 'web',
    });
  });
});
