/** Counts by label, kept up to date with each change, so that reading them costs nothing. */
export class Tally<Label extends string> {
  readonly #counts = new Map<Label, number>();

  /** Adds to a count, or subtracts from it. A label that was counted once stays, so that its series ends at 0. */
  add(label: Label, count: number): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + count);
  }

  /** Counts one object under another label than before; undefined if it did not exist, or does not exist now. */
  move(before: Label | undefined, after: Label | undefined): void {
    if (before === after) return;
    if (before !== undefined) this.add(before, -1);
    if (after !== undefined) this.add(after, 1);
  }

  counts(): readonly (readonly [label: Label, count: number])[] {
    return [...this.#counts];
  }
}
