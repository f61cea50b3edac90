/** Names of objects with a problem, for metrics. */

/** Shown of each kind and reason; the others are only counted, so that a member cannot create any number of series. */
const SHOWN = 20;

/** Memory follows the objects with a problem. */
export class Troubles<Reason extends string> {
  readonly #objects = new Map<Reason, Set<string>>();

  /** The reasons of an object from now on. `object` is `namespace/name`. */
  changed(object: string, before: readonly Reason[], after: readonly Reason[]): void {
    for (const reason of before) if (!after.includes(reason)) this.#objects.get(reason)?.delete(object);
    for (const reason of after) {
      const objects = this.#objects.get(reason) ?? new Set();
      this.#objects.set(reason, objects.add(object));
    }
  }

  count(reason: Reason): number {
    return this.#objects.get(reason)?.size ?? 0;
  }

  /** The first ones of each reason; an object stays among them until it has no problem. */
  shown(): readonly (readonly [reason: Reason, object: string])[] {
    return [...this.#objects].flatMap(([reason, objects]) =>
      [...objects.keys().take(SHOWN)].map((object) => [reason, object] as const),
    );
  }
}
