/** Which clusters' pods reach which: all, but for links that were cut. */

/** Links between clusters. A link is one way: packets from one cluster to another. */
export class Links {
  readonly #cut = new Set<string>();

  set(from: string, to: string, up: boolean): void {
    if (up) this.#cut.delete(`${from} ${to}`);
    else this.#cut.add(`${from} ${to}`);
  }

  /** Whether connections from one cluster to another come about; packets have to go both ways for that. */
  isUp(from: string, to: string): boolean {
    return !this.#cut.has(`${from} ${to}`) && !this.#cut.has(`${to} ${from}`);
  }
}
