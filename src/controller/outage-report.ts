/** Reports the outage of a member in each cluster that imports from it: one Event on its Lease, not one per import. */
import type { Lease, ObjectReference } from '../api/core.ts';
import { ImportReason } from '../api/multicluster.ts';
import { apiVersion, RESOURCES } from '../api/resources.ts';
import { quoted } from '../core/message.ts';
import type { EventDraft, EventRecorder } from '../kube/events.ts';
import type { EventIndex } from './enqueue.ts';

/** Members that import, or could import, what a member exports; without that member. */
function importersFrom(member: string, index: Pick<EventIndex, 'exportedBy' | 'affected'>): Set<string> {
  const importers = new Set<string>();
  for (const key of index.exportedBy(member)) for (const importer of index.affected(key)) importers.add(importer);
  importers.delete(member);
  return importers;
}

/** The Event on the Lease of an importing member. */
function outageEvent(member: string, isReachable: boolean, { metadata }: Lease): EventDraft {
  const { name, namespace = '', uid } = metadata;
  const regarding: ObjectReference = {
    apiVersion: apiVersion(RESOURCES.leases),
    kind: 'Lease',
    namespace,
    name,
    ...(uid !== undefined && { uid }),
  };
  return isReachable
    ? { type: 'Normal', reason: 'MemberReachable', message: `${quoted(member)} can be reached again`, regarding }
    : {
        type: 'Warning',
        reason: ImportReason.MemberUnreachable,
        message: `Cannot reach ${quoted(member)}; its endpoints are kept`,
        regarding,
      };
}

/** What an outage is reported on in one member. */
export interface Reported {
  readonly lease: Lease;
  readonly recorder: Pick<EventRecorder, 'record'>;
}

/** Records the outage of a member, or its end, in the members that import from it. */
export function reportOutage(
  member: string,
  isReachable: boolean,
  index: Pick<EventIndex, 'exportedBy' | 'affected'>,
  of: (importer: string) => Reported | undefined,
): void {
  for (const importer of importersFrom(member, index)) {
    const reported = of(importer);
    reported?.recorder.record(outageEvent(member, isReachable, reported.lease));
  }
}
