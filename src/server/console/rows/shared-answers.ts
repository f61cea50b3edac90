/** Answers about the whole fleet, made once for all pages that ask at the same revision. */
import type { Clock } from '../../../runtime/clock.ts';
import type { Revision } from '../api-types.ts';
import type { Scope } from '../scope.ts';

/** Leases and times change without a revision, in ms. */
const FRESH_MS = 1_000;

interface Shared {
  readonly revision: Revision;
  readonly at: number;
  readonly json: Promise<string>;
}

/** `make` is called for a scope at most once per revision and second. */
export function sharedAnswers(
  clock: Clock,
  revision: () => Revision,
  make: (scope: Scope) => Promise<object>,
): (scope: Scope) => Promise<string> {
  const answers = new WeakMap<Scope, Shared>();
  return (scope) => {
    const last = answers.get(scope);
    const [at, now] = [clock.now(), revision()];
    if (last && last.revision === now && at - last.at < FRESH_MS) return last.json;
    const json = make(scope).then((answer) => JSON.stringify(answer));
    answers.set(scope, { revision: now, at, json });
    // A failure is not kept.
    json.catch(() => answers.delete(scope));
    return json;
  };
}
