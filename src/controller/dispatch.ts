/** Queues the keys that events concern, in the members that this replica writes to. */
import type { ServiceKey } from '../api/meta.ts';
import type { Pace, Priority } from '../runtime/pace.ts';
import { type EventIndex, type FleetEvent, priorityOf, type Request, requestsOf } from './enqueue.ts';
import type { Workqueue } from './workqueue.ts';

/** Requests of one event that are queued before other work gets its turn; a microsecond each. */
const BATCH = 500;

/** The queue of a member; undefined if this replica does not write to it. */
type QueueOf = (member: string) => Workqueue<ServiceKey> | undefined;

export class Dispatch {
  readonly #index: EventIndex;
  readonly #pace: Pace;
  readonly #queueOf: QueueOf;

  constructor(index: EventIndex, pace: Pace, queueOf: QueueOf) {
    this.#index = index;
    this.#pace = pace;
    this.#queueOf = queueOf;
  }

  handle(event: FleetEvent): void {
    const requests = requestsOf(event, this.#index);
    const origin = 'member' in event ? event.member : '';
    if (priorityOf(event) === 'urgent') for (const request of requests) this.#add(request, 'urgent', origin);
    else void this.#addAll(requests, origin);
  }

  /** Queues the requests of an event that may concern every key of the fleet. */
  async #addAll(requests: Iterable<Request>, origin: string): Promise<void> {
    let count = 0;
    for (const request of requests) {
      this.#add(request, 'bulk', origin);
      if (++count % BATCH !== 0) continue;
      const turn = this.#pace.turn('bulk');
      if (turn) await turn;
    }
  }

  #add({ member, key }: Request, priority: Priority, origin: string): void {
    this.#queueOf(member)?.add(key, priority, origin);
  }
}
