/** Objects of a list that are older than the copies of the store, until the list is complete. */
import type { JsonObject } from '../../api/json.ts';
import type { Load } from './load.ts';

export interface OlderObject {
  readonly object: JsonObject;
  /** Length of its JSON. */
  readonly bytes: number;
}

export class OlderObjects {
  readonly #load: Load;
  readonly #objects = new Map<string, OlderObject>();

  constructor(load: Load) {
    this.#load = load;
  }

  set(name: string, older: OlderObject): void {
    this.delete(name);
    this.#objects.set(name, older);
    this.#load.bytes += older.bytes;
  }

  delete(name: string): void {
    this.#load.bytes -= this.#objects.get(name)?.bytes ?? 0;
    this.#objects.delete(name);
  }

  clear(): void {
    for (const { bytes } of this.#objects.values()) this.#load.bytes -= bytes;
    this.#objects.clear();
  }

  /** Removes all of them, and returns them with their names. */
  take(): readonly (readonly [string, OlderObject])[] {
    const taken = [...this.#objects];
    this.clear();
    return taken;
  }
}
