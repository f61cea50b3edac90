import { describe, expect, it } from 'vitest';
import { WriteLoopDetector } from '../../../src/controller/write-loop.ts';
import type { Change } from '../../../src/core/change.ts';

const KEY = 'shop/web';

function change(version: number): Change {
  const precondition = { uid: 'uid', resourceVersion: String(version) };
  const target = { member: 'cluster1', resource: 'services', namespace: 'shop', name: 'amcs-web' } as const;
  return { ...target, op: 'patch', stage: 'service', why: 'it differs', precondition, patch: { spec: {} } };
}

/** A status that changes only in the time of a transition. */
function statusChange(pass: number): Change {
  const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: new Date(pass * 1_000).toISOString() }];
  const precondition = { uid: 'uid', resourceVersion: String(pass) };
  const target = { member: 'cluster1', resource: 'serviceImports', namespace: 'shop', name: 'web' } as const;
  const status = { stage: 'status', subresource: 'status', why: 'its status changed' } as const;
  return { ...target, ...status, op: 'patch', precondition, patch: { status: { conditions } } };
}

/** The numbers of the passes that count as reverted, of one pass every 100 ms. */
function reverted(passes: number, causeOf: (pass: number) => string, planned = change): number[] {
  const detector = new WriteLoopDetector();
  return Array.from({ length: passes }, (_, pass) => pass).filter((pass) =>
    detector.note(KEY, [planned(pass)], pass * 100, () => causeOf(pass)),
  );
}

describe('writes that repeat', () => {
  it('are reverted, after more of them than a rollout causes', () => {
    expect(reverted(30, () => 'the same exports')).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29]);
  });

  it('are reverted even if the time of a transition differs each time', () => {
    expect(reverted(24, () => 'the same exports', statusChange)).toEqual([21, 22, 23]);
  });

  it('are due again if users create and delete the exports', () => {
    expect(reverted(200, (pass) => `export ${pass >> 1}`).length).toBeLessThan(100);
    expect(reverted(200, (pass) => `export ${pass}`)).toEqual([]);
  });
});
