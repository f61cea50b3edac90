import { describe, expect, it } from 'vitest';
import type { Lease } from '../../../src/api/core.ts';
import { reportOutage } from '../../../src/controller/outage-report.ts';
import { KeyIndex } from '../../../src/fleet/key-index.ts';
import type { EventDraft } from '../../../src/kube/events.ts';

/** src exports two names, which one and two import; three has their namespace; other has neither. */
function report(isReachable: boolean): ReadonlyMap<string, readonly EventDraft[]> {
  const index = new KeyIndex();
  for (const key of ['ns/a', 'ns/b'] as const) {
    for (const member of ['src', 'one', 'two']) index.setHeld(member, key, true);
  }
  index.setConsumes('three', 'ns', true);
  index.setHeld('other', 'elsewhere/a', true);
  const events = new Map<string, EventDraft[]>();
  const exportedBy = () => ['ns/a', 'ns/b'] as const;
  reportOutage('src', isReachable, { exportedBy, affected: (key) => index.affected(key) }, (member) => {
    // This replica does not write to it.
    if (member === 'two') return undefined;
    const drafts: EventDraft[] = [];
    events.set(member, drafts);
    const metadata = { namespace: 'kube-system', name: 'catamaran', uid: `uid-${member}` };
    const lease: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata };
    return { lease, recorder: { record: (draft) => drafts.push(draft) } };
  });
  return events;
}

describe('the outage of a member', () => {
  it('rule 43: is one Event in each importing member, on the Lease, which kubectl describe shows', () => {
    const events = report(false);
    expect([...events.keys()].toSorted()).toEqual(['one', 'three']);
    expect(events.get('one')).toEqual([
      {
        type: 'Warning',
        reason: 'MemberUnreachable',
        message: 'Cannot reach "src"; its endpoints are kept',
        regarding: {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          namespace: 'kube-system',
          name: 'catamaran',
          uid: 'uid-one',
        },
      },
    ]);
  });

  it('ends with another one', () => {
    expect(report(true).get('three')).toMatchObject([
      { type: 'Normal', reason: 'MemberReachable', message: '"src" can be reached again' },
    ]);
  });
});
