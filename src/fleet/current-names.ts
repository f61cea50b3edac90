/** Names of members that were renamed while this process ran. */
export class CurrentNames {
  /** By former name. */
  readonly #names = new Map<string, string>();

  /** Does nothing if the names are equal. */
  rename(from: string, to: string): void {
    if (from === to) return;
    for (const [name, current] of this.#names) if (current === from) this.#names.set(name, to);
    this.#names.delete(to);
    this.#names.set(from, to);
  }

  /** The name that a member has now; the same one if it was not renamed. */
  of(name: string): string {
    return this.#names.get(name) ?? name;
  }
}
