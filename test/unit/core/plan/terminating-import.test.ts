import { describe, expect, test } from 'vitest';
import { preconditionOf } from '../../../../src/core/change.ts';
import { planTerminating } from '../../../../src/core/plan/terminating-import.ts';
import type { MemberModel } from '../../../support/core/fleet-model.ts';
import { anImport, at, NAME, NAMESPACE, NOW } from '../../../support/core/objects.ts';
import { asking, exporting, readyOf } from '../../../support/core/scenarios.ts';

/** A user deletes the import of a member; a finalizer of another client holds it. */
function hold(member: MemberModel): void {
  const { imported } = member;
  const metadata = { ...imported?.metadata, deletionTimestamp: at(9), finalizers: ['example.org/hold', 'b'] };
  member.api.put('serviceImports', JSON.parse(JSON.stringify({ ...imported, metadata })));
}

describe('an import that is being deleted', () => {
  test('rule 30: serves nothing and names its finalizers, any client that created it, and recovers when it is created again', () => {
    for (const fleet of [exporting(), asking()]) {
      const cluster2 = fleet.member('cluster2');
      const { imported } = cluster2;
      hold(cluster2);
      fleet.converge();
      expect(cluster2.imported?.spec).not.toHaveProperty('ips');
      expect([cluster2.derivedService, cluster2.derivedSlices.length]).toEqual([undefined, 0]);
      expect(readyOf(cluster2)).toMatchObject({
        status: 'False',
        reason: 'Terminating',
        message: 'The import is being deleted, held by finalizers "example.org/hold", "b"',
      });
      cluster2.api.remove('serviceImports', NAME);
      if (imported && !imported.metadata.labels) cluster2.import(anImport());
      fleet.converge();
      expect(readyOf(cluster2)).toMatchObject({ status: 'True' });
      expect(cluster2.imported?.spec.ips).toEqual(cluster2.derivedService?.spec.clusterIPs);
    }
  });

  test('rule 30: the same when its last export is gone', () => {
    const fleet = exporting();
    hold(fleet.member('cluster2'));
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(readyOf(fleet.member('cluster2'))).toMatchObject({ reason: 'Terminating' });
    expect(fleet.member('cluster2').imported?.spec).not.toHaveProperty('ips');
  });

  test('rule 30: loses its addresses first, in a write of their own', () => {
    const target = { member: 'cluster2', resource: 'serviceImports', namespace: NAMESPACE, name: NAME } as const;
    const imported = anImport({ ips: ['10.96.0.1'] }, { deletionTimestamp: at(9), resourceVersion: '7' });
    expect(planTerminating(target, imported, NOW)).toEqual([
      {
        ...target,
        stage: 'import',
        op: 'patch',
        why: 'the import is being deleted',
        precondition: preconditionOf(imported),
        patch: { spec: { ips: null } },
      },
    ]);
    const [change] = planTerminating(target, { ...imported, spec: { ...imported.spec, ips: [] } }, NOW);
    expect(change).toMatchObject({
      stage: 'status',
      patch: { status: { conditions: [{ type: 'Ready', reason: 'Terminating' }] } },
    });
  });

  test('is written once, and other conditions of Catamaran go', () => {
    const target = { member: 'cluster2', resource: 'serviceImports', namespace: NAMESPACE, name: NAME } as const;
    const stale = { type: 'catamaran.dev/SourcesReachable', status: 'False', reason: 'x', message: '' } as const;
    const foreign = { ...stale, type: 'example.org/Mine', lastTransitionTime: NOW };
    const imported = {
      ...anImport({}, { deletionTimestamp: at(9) }),
      status: { conditions: [{ ...stale, lastTransitionTime: NOW }, foreign] },
    };
    const [change, ...others] = planTerminating(target, imported, NOW);
    expect(others).toEqual([]);
    const message = 'The import is being deleted';
    const ready = { type: 'Ready', status: 'False', reason: 'Terminating', message, lastTransitionTime: NOW } as const;
    const { notices, ...write } = change ?? {};
    expect(write).toEqual({
      ...target,
      stage: 'status',
      op: 'patch',
      subresource: 'status',
      why: 'the import is being deleted',
      precondition: preconditionOf(imported),
      patch: { status: { conditions: [foreign, ready] } },
    });
    expect(notices).toMatchObject([{ type: 'Warning', reason: 'Terminating', message }]);
    const done = { ...imported, status: { conditions: [foreign, ready] } };
    expect(planTerminating(target, done, NOW)).toEqual([]);
  });
});
