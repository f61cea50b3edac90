/** The log of writes: of this controller, or what any controller recorded as Events in the members. */
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Write, Writes } from '../api-types.ts';
import type { WriteSource } from '../console-options.ts';
import { membersOf } from '../rows/member-summaries.ts';
import type { Scope } from '../scope.ts';
import { type RecordedEvent, recordedEvents } from './recorded-events.ts';

const MOST_WRITES = 500;
const MOST_MEMBERS = 50;
/** Of Catamaran's Events. */
const CONTROLLER = 'catamaran.dev/controller';

export interface WriteQuery {
  /** ID of the newest entry that is known. */
  readonly after?: string;
  readonly service?: string;
  readonly member?: string;
}

function writeOf({ id, member, at, kind, namespace, name, reason, note }: RecordedEvent): Write {
  const isShared = kind === 'ServiceExport' || kind === 'ServiceImport';
  return {
    id,
    at,
    member,
    op: 'event',
    resource: kind,
    namespace,
    name,
    ...(isShared && { service: `${namespace}/${name}` }),
    why: `${reason}: ${note}`,
    outcome: 'applied',
  };
}

export async function writesOf(
  fleet: Fleet,
  source: WriteSource | undefined,
  scope: Scope,
  { after, service, member }: WriteQuery,
  signal: AbortSignal,
): Promise<Writes> {
  const isWanted = (write: Write): boolean =>
    scope.sees(write.namespace) &&
    (service === undefined || write.service === service) &&
    (member === undefined || write.member === member);
  const writes: Write[] = [];
  const collect = (all: Iterable<Write>): void => {
    for (const write of all) {
      if (write.id === after || writes.length >= MOST_WRITES) return;
      if (isWanted(write)) writes.push(write);
    }
  };
  if (source) {
    collect(source.recent());
    // The number would reveal how much happens in other namespaces.
    return { source: 'controller', writes, dropped: scope.all ? source.dropped : 0 };
  }
  const members = membersOf(fleet).filter(({ name }) => member === undefined || name === member);
  const fieldSelector = `reportingController=${CONTROLLER}`;
  const { events } = await recordedEvents(members.slice(0, MOST_MEMBERS), { fieldSelector }, signal);
  collect(events.filter(({ controller }) => controller === CONTROLLER).map(writeOf));
  return { source: 'events', writes, dropped: 0 };
}
