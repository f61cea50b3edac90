/** Reachability between the pods of clusters: all links are up unless cut. */

/** Unidirectional links between clusters. */
export class Links {
  readonly #cut = new Set<string>();

  set(from: string, to: string, up: boolean): void {
    if (up) this.#cut.delete(`${from} ${to}`);
    else this.#cut.add(`${from} ${to}`);
  }

  /** Whether connections can be established, which requires both directions. */
  isUp(from: string, to: string): boolean {
    return !this.#cut.has(`${from} ${to}`) && !this.#cut.has(`${to} ${from}`);
  }
}
