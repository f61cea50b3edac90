/**
 * Collects what changes in the fleet and passes it to the open pages: one message per window for all of them, made once.
 * Without an open page, a change costs an increment.
 */
import type { ServiceKey } from '../../../api/meta.ts';
import { splitKey } from '../../../api/meta.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { ChangeMessage, Revision } from '../api-types.ts';
import type { Scope } from '../scope.ts';

/** Changes within this time become one message, in ms. A page shows them within a second. */
const WINDOW_MS = 200;
/** More Services than this in one message are fetched again as a whole. */
const MOST_KEYS = 1_000;
/** Rows of a message, in characters; more are left to the page to fetch. */
const MOST_ROWS = 64 * 1024;
/** Messages kept for pages that lost their connection. */
const KEPT = 64;

/** Changes of one window. */
export interface ChangeBatch {
  readonly revision: Revision;
  readonly services: readonly ServiceKey[];
  readonly members: readonly string[];
  readonly all: boolean;
}

export interface Subscriber {
  /** What it may see. */
  readonly scope: Scope;
  send(message: Uint8Array): void;
  /** A sign of life. */
  beat(): void;
}

export interface ChangeFeedOptions {
  readonly clock: Clock;
  /** Called before a change is collected. */
  readonly changed: (key: ServiceKey) => void;
  /** JSON of the rows that exist. */
  readonly rows: (keys: readonly ServiceKey[]) => readonly string[];
  /** Distinguishes this process from the one before. */
  readonly instance: string;
}

const ENCODER = new TextEncoder();

/** One message of an event stream. JSON has no line breaks. */
export function eventText(event: string, id: string, data: string): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}

export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #subscribers = new Set<Subscriber>();
  readonly #services = new Set<ServiceKey>();
  readonly #members = new Set<string>();
  readonly #kept: ChangeBatch[] = [];
  #all = false;
  #revision: Revision;
  /** The revision of the last message, or of the time when the last page was closed. */
  #sent: Revision;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#revision = options.clock.now();
    this.#sent = this.#revision;
  }

  get revision(): Revision {
    return this.#revision;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  note(key: ServiceKey): void {
    this.#advance();
    this.#options.changed(key);
    if (this.#subscribers.size === 0 || this.#all) return;
    this.#services.add(key);
    if (this.#services.size > MOST_KEYS) this.noteAll();
  }

  noteMember(name: string): void {
    this.#advance();
    if (this.#subscribers.size > 0) this.#members.add(name);
  }

  /** Everything may have changed. */
  noteAll(): void {
    this.#advance();
    this.#services.clear();
    this.#all = true;
  }

  /** `lastId` is the ID of the last message that it received. */
  subscribe(subscriber: Subscriber, lastId: string | undefined): Disposable {
    // What changed while no page was open is in no message.
    if (this.#subscribers.size === 0) this.#restart();
    this.#subscribers.add(subscriber);
    const missed = this.#since(lastId);
    if (missed === undefined) this.snapshot(subscriber);
    for (const batch of missed ?? []) {
      const message = this.#encode(batch, subscriber.scope);
      if (message) subscriber.send(message);
    }
    return { [Symbol.dispose]: () => this.#subscribers.delete(subscriber) };
  }

  /** Asks a page to fetch everything. */
  snapshot(subscriber: Pick<Subscriber, 'send'>): void {
    const data = JSON.stringify({ revision: this.#sent });
    subscriber.send(ENCODER.encode(eventText('snapshot', this.#id(this.#sent), data)));
  }

  /** Sends messages and signs of life until the signal aborts. `before` is called before each look. */
  async run(signal: AbortSignal, before: () => void): Promise<void> {
    const { clock } = this.#options;
    for (let beatAt = clock.now() + 15_000; !signal.aborted; ) {
      await clock.sleep(WINDOW_MS, signal).catch(() => {});
      if (signal.aborted) return;
      before();
      this.flush();
      if (clock.now() < beatAt) continue;
      beatAt = clock.now() + 15_000;
      for (const subscriber of [...this.#subscribers]) subscriber.beat();
    }
  }

  /** Sends what has changed since the last message. */
  flush(): void {
    if (this.#subscribers.size === 0 || (this.#services.size === 0 && this.#members.size === 0 && !this.#all)) return;
    const batch: ChangeBatch = {
      revision: this.#revision,
      services: [...this.#services],
      members: [...this.#members],
      all: this.#all,
    };
    this.#services.clear();
    this.#members.clear();
    this.#all = false;
    this.#sent = batch.revision;
    this.#kept.push(batch);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const [scope, subscribers] of Map.groupBy([...this.#subscribers], (each) => each.scope)) {
      const message = this.#encode(batch, scope);
      if (message) for (const subscriber of subscribers) subscriber.send(message);
      void this.#learn(batch, scope, subscribers);
    }
  }

  /** A time, and not a count, which would reveal how much happens in other namespaces. */
  #advance(): void {
    this.#revision = Math.max(this.#revision + 1, this.#options.clock.now());
  }

  /** Pages of a user fetch everything when a namespace appears that they may see. */
  async #learn({ services }: ChangeBatch, scope: Scope, subscribers: readonly Subscriber[]): Promise<void> {
    const isVisible = await scope.learn?.(services.map((key) => splitKey(key).namespace)).catch(() => false);
    if (!isVisible) return;
    for (const subscriber of subscribers) if (this.#subscribers.has(subscriber)) this.snapshot(subscriber);
  }

  #restart(): void {
    this.#kept.length = 0;
    this.#services.clear();
    this.#members.clear();
    this.#all = false;
    this.#sent = this.#revision;
  }

  /** The messages after an ID; undefined if they are not known. */
  #since(lastId: string | undefined): readonly ChangeBatch[] | undefined {
    const [instance, text] = (lastId ?? '').split(':');
    if (instance !== this.#options.instance || text === undefined) return undefined;
    const last = Number(text);
    if (last === this.#sent) return [];
    const at = this.#kept.findIndex(({ revision }) => revision === last);
    return at < 0 ? undefined : this.#kept.slice(at + 1);
  }

  /** Undefined if nothing of it is visible. */
  #encode({ revision, services, members, all }: ChangeBatch, scope: Scope): Uint8Array | undefined {
    const visible = scope.all ? services : services.filter((key) => scope.sees(splitKey(key).namespace));
    if (visible.length + members.length === 0 && !all) return undefined;
    const rows = this.#options.rows(visible);
    const fits = rows.reduce((sum, { length }) => sum + length, 0) <= MOST_ROWS;
    const message: ChangeMessage = { revision, services: visible, members, ...(all && { all }) };
    const json = JSON.stringify(message);
    const text = fits && !all ? `${json.slice(0, -1)},"rows":[${rows.join(',')}]}` : json;
    return ENCODER.encode(eventText('change', this.#id(revision), text));
  }

  #id(revision: Revision): string {
    return `${this.#options.instance}:${revision}`;
  }
}
