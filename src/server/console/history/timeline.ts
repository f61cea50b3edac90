/** What happened to one Service: its objects, their conditions, the Events, and the writes of this controller. */

import type { Condition } from '../../../api/meta.ts';
import { type KubeObject, type ServiceKey, splitKey } from '../../../api/meta.ts';
import { derivedServiceName } from '../../../core/naming.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Member } from '../../../fleet/member.ts';
import type { Timeline, TimelineEntry, Write } from '../api-types.ts';
import type { WriteSource } from '../console-options.ts';
import { membersOf } from '../rows/member-summaries.ts';
import { type RecordedEvent, recordedEvents } from './recorded-events.ts';

const MOST_ENTRIES = 200;
/** Members whose Events are read for one page. */
const MOST_MEMBERS = 50;

interface Conditioned extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Whether a condition reports something that is wrong. `Conflict` is the only one that is good when it is False. */
function isBad({ type, status }: Condition): boolean {
  return type.endsWith('Conflict') ? status === 'True' : status === 'False';
}

function entriesOf(member: string, kind: string, { metadata, status }: Conditioned): readonly TimelineEntry[] {
  const about = { member, object: kind } as const;
  const { creationTimestamp, name } = metadata;
  const created: TimelineEntry[] =
    creationTimestamp === undefined
      ? []
      : [{ ...about, at: creationTimestamp, kind: 'object', severity: 'normal', reason: 'Created', message: name }];
  const conditions = (status?.conditions ?? []).map(
    (condition): TimelineEntry => ({
      ...about,
      at: condition.lastTransitionTime,
      kind: 'condition',
      severity: isBad(condition) ? 'warning' : 'normal',
      reason: condition.reason,
      message: `${condition.type} is ${condition.status}${condition.message === '' ? '' : `: ${condition.message}`}`,
    }),
  );
  return [...created, ...conditions];
}

function entryOfEvent({ member, at, isWarning, kind, reason, note, count }: RecordedEvent): TimelineEntry {
  return {
    at,
    member,
    kind: 'event',
    severity: isWarning ? 'warning' : 'normal',
    object: kind,
    reason,
    message: note,
    ...(count > 1 && { count }),
  };
}

function entryOfWrite({ at, member, op, resource, name, why, outcome, refusal }: Write): TimelineEntry {
  return {
    at,
    member,
    kind: 'write',
    severity: outcome === 'failed' ? 'warning' : 'normal',
    object: resource,
    reason: outcome === 'applied' ? op : `${op} ${outcome}`,
    message: `${name}: ${why}${refusal === undefined ? '' : `: ${refusal}`}`,
  };
}

const KINDS: ReadonlySet<string> = new Set(['ServiceExport', 'ServiceImport', 'Service', 'EndpointSlice']);

export async function timelineOf(
  fleet: Fleet,
  key: ServiceKey,
  writes: WriteSource | undefined,
  signal: AbortSignal,
): Promise<Timeline> {
  const { namespace, name } = splitKey(key);
  const members = membersOf(fleet).filter(({ cache }) => cache.holds(key));
  const asked = members.slice(0, MOST_MEMBERS);
  const { events, missing } = await recordedEvents(asked, { namespace }, signal);
  const isAbout = (member: Member) => {
    const derived = derivedServiceName(member.config.derivedPrefix, name);
    return (event: RecordedEvent) =>
      KINDS.has(event.kind) && (event.name === name || event.name === derived || event.name.startsWith(`${derived}-`));
  };
  const about = new Map(asked.map((member) => [member.name, isAbout(member)]));
  const own = [...(writes?.recent() ?? [])].filter((write) => write.service === key);
  const entries = [
    ...members.flatMap(({ name: member, cache }) => {
      const [exported, imported] = [cache.exports.get(key), cache.imports.get(key)];
      return [
        ...(exported ? entriesOf(member, 'ServiceExport', exported) : []),
        ...(imported ? entriesOf(member, 'ServiceImport', imported) : []),
      ];
    }),
    ...events.filter((event) => about.get(event.member)?.(event)).map(entryOfEvent),
    ...own.slice(0, MOST_ENTRIES).map(entryOfWrite),
  ];
  entries.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const unasked = members.slice(MOST_MEMBERS).map((member) => ({
    member: member.name,
    why: `Events of at most ${MOST_MEMBERS} members are read`,
  }));
  return { entries: entries.slice(0, MOST_ENTRIES), missing: [...missing, ...unasked] };
}
