import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import type { ConditionDraft } from '../../../../src/core/plan/conditions.ts';
import { departure } from '../../../../src/core/plan/departure.ts';
import { sharedConditions } from '../../../../src/core/plan/shared-export.ts';
import type { FleetModel, MemberModel } from '../../../support/core/fleet-model.ts';
import { anExport, aService, at, NAME } from '../../../support/core/objects.ts';
import { conditionOf, exporting, joinedBy } from '../../../support/core/scenarios.ts';
import { EXPORT_CONDITIONS } from '../../../support/implementations.ts';

const EXPORTED = 'catamaran.dev/Exported';
const CILIUM = 'cilium-operator-generic';

/** One pass of another implementation, which sets its conditions and keeps others; returns the number of its writes. */
function otherPass(member: MemberModel, manager: string, keepsOthers = true): number {
  const object = member.api.get('serviceExports', NAME);
  const before: readonly JsonObject[] = Object(object?.status).conditions ?? [];
  const theirs = (EXPORT_CONDITIONS[manager] ?? []).map(([type, status, reason, message]) => {
    const known = before.find((each) => each.type === type);
    const same = known?.status === status && known.reason === (reason || 'Valid') && known.message === message;
    return same ? known : { type, status, reason: reason || 'Valid', message, lastTransitionTime: at(1) };
  });
  const others = before.filter(({ type }) => !theirs.some((each) => each.type === type));
  const conditions = keepsOthers ? [...theirs, ...others] : theirs;
  if (JSON.stringify(conditions) === JSON.stringify(before)) return 0;
  member.api.put('serviceExports', { ...object, status: { conditions } }, manager);
  return 1;
}

/** Both implementations work in turn; returns the number of writes in each round. */
function contest(fleet: FleetModel, manager: string): readonly number[] {
  const member = fleet.member('cluster1');
  return Array.from({ length: 8 }, () => {
    const writes = otherPass(member, manager);
    const changes = fleet.plan(member.name);
    member.api.apply(changes);
    return writes + changes.length;
  });
}

describe('an export that another implementation reads, too', () => {
  test.each(Object.keys(EXPORT_CONDITIONS))('rule 37: both stop writing after one pass each: %s', (manager) => {
    const fleet = exporting();
    const cluster1 = fleet.member('cluster1');
    expect(contest(fleet, manager).slice(2)).toEqual(Array(6).fill(0));
    expect(conditionOf(cluster1, 'exported', 'Ready')?.message).toBe(EXPORT_CONDITIONS[manager]?.[1]?.[3]);
    expect(conditionOf(cluster1, 'exported', EXPORTED)).toMatchObject({
      status: 'True',
      reason: 'Exported',
      message: `The Service is exported to the clusterset. "${manager}" sets Valid, Ready and Conflict of this export, too; Catamaran leaves them to it`,
    });
    expect(fleet.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('rule 37: Catamaran says what is wrong in its own condition', () => {
    const fleet = exporting();
    contest(fleet, CILIUM);
    joinedBy(fleet, aService({ sessionAffinity: 'ClientIP' }));
    fleet.converge();
    const found = conditionOf(fleet.member('cluster1'), 'exported', EXPORTED);
    expect(found).toMatchObject({ status: 'True', reason: 'SessionAffinityConflict' });
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'Conflict')).toMatchObject({ status: 'False' });
    fleet.member('cluster1').api.remove('services', NAME);
    fleet.converge();
    expect(conditionOf(fleet.member('cluster1'), 'exported', EXPORTED)).toMatchObject({
      status: 'False',
      reason: 'NoService',
    });
  });

  test('rule 37: the usual conditions are back once a user of kubectl has cleared the status', () => {
    const fleet = exporting();
    const cluster1 = fleet.member('cluster1');
    contest(fleet, CILIUM);
    const { status: _, ...object } = Object(cluster1.api.get('serviceExports', NAME));
    cluster1.api.put('serviceExports', { ...object, status: {} });
    fleet.converge();
    expect(cluster1.exported?.status?.conditions?.map(({ type, reason }) => [type, reason])).toEqual([
      ['Valid', 'Valid'],
      ['Ready', 'Exported'],
      ['Conflict', 'NoConflicts'],
    ]);
  });

  test('rule 37: a report that the other one removes is not repeated', () => {
    const fleet = exporting();
    const cluster1 = fleet.member('cluster1');
    otherPass(cluster1, CILIUM, false);
    const [first] = fleet.plan('cluster1');
    expect(first).toMatchObject({ once: expect.stringContaining(CILIUM) });
    cluster1.api.apply(fleet.plan('cluster1'));
    otherPass(cluster1, CILIUM, false);
    expect(fleet.plan('cluster1')).toMatchObject([{ once: first && 'once' in first ? first.once : '' }]);
    // Another one is.
    cluster1.api.remove('services', NAME);
    expect(fleet.plan('cluster1')).toContainEqual(
      expect.objectContaining({ once: expect.stringContaining('False NoService') }),
    );
  });

  test('keeps the conditions of the other one when its member leaves', () => {
    const fleet = exporting();
    const cluster1 = fleet.member('cluster1');
    contest(fleet, CILIUM);
    cluster1.api.apply(departure(fleet.consumer('cluster1'), cluster1.exported));
    expect(cluster1.exported?.status?.conditions?.map(({ type }) => type)).toEqual(['Valid', 'Ready', 'Conflict']);
  });
});

describe('the conditions of such an export', () => {
  const theirs = { type: 'Ready', status: 'True' as const, reason: 'Ready', message: 'ServiceExport is ready' };
  const exported = { ...anExport(), status: { conditions: [{ ...theirs, lastTransitionTime: at(1) }] } };
  const draft = (type: string, status: ConditionDraft['status'], reason: string): ConditionDraft => {
    return { type, status, reason, message: `because ${reason}` };
  };
  const accepted = draft('catamaran.dev/EndpointsAccepted', 'False', 'AddressRefused');
  const note = '"cilium-operator" sets Valid, Ready and Conflict of this export, too; Catamaran leaves them to it';

  function shared(...drafts: readonly ConditionDraft[]) {
    return sharedConditions(exported, { types: ['Valid', 'Ready', 'Conflict', accepted.type], drafts });
  }

  test('rule 37: are those of Catamaran alone, and one that says what the others would', () => {
    const conflict = draft('Conflict', 'True', 'TypeConflict');
    const wanted = shared(accepted, conflict, draft('Ready', 'True', 'Exported'), draft('Valid', 'True', 'Valid'));
    expect(wanted.types).toEqual([accepted.type, EXPORTED]);
    expect(wanted.drafts).toEqual([
      accepted,
      {
        type: EXPORTED,
        status: 'True',
        reason: 'TypeConflict',
        message: `because Exported. because TypeConflict. ${note}`,
      },
    ]);
  });

  test('rule 37: say why an export is not valid', () => {
    const { drafts } = shared(accepted, draft('Ready', 'False', 'Pending'), draft('Valid', 'False', 'NoService'));
    expect(drafts[1]).toEqual({
      type: EXPORTED,
      status: 'False',
      reason: 'NoService',
      message: `because NoService. ${note}`,
    });
  });

  test('rule 37: name only the other one if there is nothing else to say', () => {
    expect(shared().drafts).toEqual([{ type: EXPORTED, status: 'True', reason: 'Exported', message: note }]);
  });
});
