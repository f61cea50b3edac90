/** A user whose rights an API server decides, with a short memory of its answers. */
import type { Clock } from '../../../runtime/clock.ts';
import type { Scope } from '../scope.ts';
import type { Account, Deed } from './accounts.ts';
import type { AccessQuestion } from './reviews.ts';

/** An answer is asked for again after this time, in ms, so that a right that is removed ends soon. */
const FRESH_MS = 30_000;
/** An answer that could not be renewed is forgotten after this time, in ms. */
const USABLE_MS = 120_000;
/** Questions in flight. */
const CONCURRENT = 8;
/** Namespaces of which answers are remembered. */
const MOST_ANSWERS = 10_000;

interface Answer {
  readonly allowed: boolean;
  readonly at: number;
}

export interface ReviewedAccountOptions {
  readonly user: string;
  readonly ask: (question: AccessQuestion) => Promise<boolean>;
  readonly clock: Clock;
}

/** Who may list the exports of a namespace sees its Services in the console. */
const READ = { verb: 'list', resource: 'serviceexports' } as const;
const ALL = '';

export class ReviewedAccount implements Account {
  readonly user: string;
  readonly scope: Scope;
  readonly #options: ReviewedAccountOptions;
  readonly #answers = new Map<string, Answer>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(options: ReviewedAccountOptions) {
    this.user = options.user;
    this.#options = options;
    const sees = (namespace: string): boolean => this.#known(namespace);
    const isAll = (): boolean => this.#known(ALL);
    this.scope = {
      get all() {
        return isAll();
      },
      sees: (namespace) => isAll() || sees(namespace),
      learn: async (namespaces) => {
        const unknown = [...new Set(namespaces)].filter((namespace) => !this.#answers.has(namespace));
        if (unknown.length === 0 || isAll()) return false;
        await this.review(unknown);
        return unknown.some(sees);
      },
    };
  }

  async review(namespaces: Iterable<string>): Promise<void> {
    await this.#refresh(ALL);
    if (this.#known(ALL)) return;
    const waiting = new Set(namespaces).values();
    const worker = async (): Promise<void> => {
      for (const namespace of waiting) await this.#refresh(namespace);
    };
    await Promise.all(Array.from({ length: CONCURRENT }, worker));
  }

  /** Asked each time: it is a change. */
  may({ verb, resource, namespace }: Deed): Promise<boolean> {
    return this.#options.ask({ verb, resource, namespace });
  }

  /** The last answer, if it is usable; a new one is asked for when it is old. */
  #known(namespace: string): boolean {
    const answer = this.#answers.get(namespace);
    if (!answer) return false;
    const age = this.#options.clock.now() - answer.at;
    // Without an answer, nothing is shown.
    if (age > FRESH_MS) this.#refresh(namespace).catch(() => {});
    return answer.allowed && age <= USABLE_MS;
  }

  #refresh(namespace: string): Promise<void> {
    const answer = this.#answers.get(namespace);
    if (answer && this.#options.clock.now() - answer.at <= FRESH_MS) return Promise.resolve();
    const asking = this.#asking.get(namespace) ?? this.#ask(namespace);
    this.#asking.set(namespace, asking);
    return asking;
  }

  async #ask(namespace: string): Promise<void> {
    const { ask, clock } = this.#options;
    try {
      const allowed = await ask({ ...READ, namespace });
      this.#answers.delete(namespace);
      this.#answers.set(namespace, { allowed, at: clock.now() });
      const [oldest] = this.#answers.keys();
      if (oldest !== undefined && this.#answers.size > MOST_ANSWERS) this.#answers.delete(oldest);
    } finally {
      this.#asking.delete(namespace);
    }
  }
}
