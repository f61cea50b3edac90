import type { Connection } from './tcp-connection.ts';

/** Queries of all connections between two turns of the event loop, in which UDP and new connections are served. */
const QUERIES_PER_TURN = 32;
/** Queries of one connection before the next network has its turn. */
const QUERIES_AT_A_TIME = 8;

/**
 * Shares the server among clients that send queries faster than they can be answered: networks take turns, and within a
 * network its connections do, so that one more connection does not get a client one more share.
 */
export class Turns {
  /** Connections that wait to be answered, by network; the networks in order of their turn. */
  readonly #waiting = new Map<string, Set<Connection>>();
  #scheduled = false;

  add(connection: Connection): void {
    const others = this.#waiting.get(connection.network);
    if (others) others.add(connection);
    else this.#waiting.set(connection.network, new Set([connection]));
    this.#schedule();
  }

  remove(connection: Connection): void {
    const others = this.#waiting.get(connection.network);
    if (others?.delete(connection) && others.size === 0) this.#waiting.delete(connection.network);
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (let left = QUERIES_PER_TURN; left > 0 && this.#waiting.size > 0; left -= QUERIES_AT_A_TIME)
        this.#serveNext();
      this.#schedule();
    });
  }

  #serveNext(): void {
    for (const [network, connections] of this.#waiting) {
      this.#waiting.delete(network);
      for (const connection of connections) {
        connections.delete(connection);
        if (connection.answer(QUERIES_AT_A_TIME)) connections.add(connection);
        break;
      }
      if (connections.size > 0) this.#waiting.set(network, connections);
      return;
    }
  }
}
