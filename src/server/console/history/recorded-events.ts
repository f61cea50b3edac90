/** Events of the members about Services, exports and imports: read when a page asks, since nothing watches them. */
import { z } from 'zod';
import { RESOURCES } from '../../../api/resources.ts';
import type { Member } from '../../../fleet/member.ts';
import { toError } from '../../../runtime/thrown.ts';

/** A member that hangs must not hold up the others. */
const TIMEOUT_MS = 3_000;
/** Events of one member that are read. */
const MOST_EVENTS = 500;

const time = z.iso.datetime({ offset: true }).nullish().catch(undefined);

const eventSchema = z.object({
  metadata: z.object({ name: z.string(), uid: z.string().optional(), creationTimestamp: time }),
  eventTime: time,
  deprecatedLastTimestamp: time,
  deprecatedCount: z.number().nullish().catch(undefined),
  series: z.object({ count: z.number(), lastObservedTime: time }).nullish().catch(undefined),
  type: z.string().nullish(),
  reason: z.string().nullish(),
  note: z.string().nullish(),
  reportingController: z.string().nullish(),
  regarding: z.object({ kind: z.string().nullish(), namespace: z.string().nullish(), name: z.string().nullish() }),
});

export interface RecordedEvent {
  readonly id: string;
  readonly member: string;
  /** RFC 3339. */
  readonly at: string;
  readonly isWarning: boolean;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason: string;
  readonly note: string;
  readonly controller: string;
  readonly count: number;
}

export interface RecordedEvents {
  readonly events: readonly RecordedEvent[];
  readonly missing: readonly { readonly member: string; readonly why: string }[];
}

function eventOf(member: string, object: unknown): RecordedEvent[] {
  const parsed = eventSchema.safeParse(object);
  if (!parsed.success) return [];
  const { metadata, series, regarding, ...event } = parsed.data;
  const at = series?.lastObservedTime ?? event.deprecatedLastTimestamp ?? event.eventTime ?? metadata.creationTimestamp;
  if (!at) return [];
  return [
    {
      id: metadata.uid ?? metadata.name,
      member,
      at: new Date(at).toISOString(),
      isWarning: event.type === 'Warning',
      kind: regarding.kind ?? '',
      namespace: regarding.namespace ?? '',
      name: regarding.name ?? '',
      reason: event.reason ?? '',
      note: (event.note ?? '').slice(0, 1_024),
      controller: event.reportingController ?? '',
      count: series?.count ?? event.deprecatedCount ?? 1,
    },
  ];
}

async function readFrom({ name, client }: Member, options: EventQuery, signal: AbortSignal): Promise<RecordedEvent[]> {
  if (!client) throw new Error('the member does not respond');
  const { namespace, fieldSelector } = options;
  const pages = client.pages(RESOURCES.events, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    limit: MOST_EVENTS,
    ...(namespace !== undefined && { namespace }),
    ...(fieldSelector !== undefined && { fieldSelector }),
  });
  const events: RecordedEvent[] = [];
  for await (const { items } of pages) {
    events.push(...items.flatMap((item) => eventOf(name, item)));
    if (events.length >= MOST_EVENTS) break;
  }
  return events;
}

export interface EventQuery {
  readonly namespace?: string;
  readonly fieldSelector?: string;
}

/** The newest first. What cannot be read is reported per member. */
export async function recordedEvents(
  members: readonly Member[],
  query: EventQuery,
  signal: AbortSignal,
): Promise<RecordedEvents> {
  const results = await Promise.all(
    members.map(async (member) => {
      try {
        return { events: await readFrom(member, query, signal) };
      } catch (error) {
        signal.throwIfAborted();
        return { events: [], missing: { member: member.name, why: toError(error).message } };
      }
    }),
  );
  const events = results.flatMap((result) => result.events).sort((a, b) => (a.at < b.at ? 1 : -1));
  return { events, missing: results.flatMap(({ missing }) => missing ?? []) };
}
