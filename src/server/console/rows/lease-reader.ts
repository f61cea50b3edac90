/** Who writes to each member, read at most once per interval for all pages, and never waited for longer than briefly. */
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Member } from '../../../fleet/member.ts';
import { type Writer, writerOf } from '../../../inspect/member-report.ts';
import type { Clock } from '../../../runtime/clock.ts';

const FRESH_MS = 5_000;
/** A member that hangs is reported with what was known. */
const WAIT_MS = 1_000;
const TIMEOUT_MS = 5_000;

interface Known {
  readonly writer: Writer;
  readonly at: number;
}

export class LeaseReader {
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  readonly #known = new WeakMap<Member, Known>();
  readonly #reading = new WeakMap<Member, Promise<void>>();

  constructor(fleet: Fleet, clock: Clock) {
    this.#fleet = fleet;
    this.#clock = clock;
  }

  /** The writers, in the order of the members. */
  async writers(members: readonly Member[], signal: AbortSignal): Promise<readonly Writer[]> {
    const limit = new AbortController();
    const late = this.#clock.sleep(WAIT_MS, AbortSignal.any([limit.signal, signal])).catch(() => {});
    await Promise.race([Promise.all(members.map((member) => this.#read(member))), late]);
    limit.abort();
    return members.map((member) => this.#writer(member));
  }

  #writer(member: Member): Writer {
    if (member.state.phase !== 'ready') return { state: 'unknown', error: 'the member does not respond' };
    return this.#known.get(member)?.writer ?? { state: 'unknown', error: 'not read yet' };
  }

  async #read(member: Member): Promise<void> {
    const known = this.#known.get(member);
    if (member.state.phase !== 'ready' || (known && this.#clock.now() - known.at < FRESH_MS)) return;
    const reading = this.#reading.get(member) ?? this.#start(member);
    this.#reading.set(member, reading);
    await reading;
  }

  async #start(member: Member): Promise<void> {
    const timeout = new AbortController();
    const over = this.#clock.sleep(TIMEOUT_MS, timeout.signal).then(
      () => timeout.abort(new DOMException('the API server did not respond in time', 'TimeoutError')),
      () => {},
    );
    try {
      const writer = await writerOf(member, this.#fleet.config.lease, this.#clock.now(), timeout.signal);
      this.#known.set(member, { writer, at: this.#clock.now() });
    } catch {
      // The next request tries again; until then the last writer is shown.
    } finally {
      timeout.abort();
      this.#reading.delete(member);
      await over;
    }
  }
}
