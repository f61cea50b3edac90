/** An index of keys and members, so that no event requires a walk over the fleet. */
import { type ServiceKey, splitKey } from '../api/meta.ts';

/** Adds to a set in a map of sets. */
function enter<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const held = map.get(key);
  if (held) held.add(value);
  else map.set(key, new Set([value]));
}

/** Removes from a set in a map of sets, and the set with its last value. */
function leave<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const held = map.get(key);
  held?.delete(value);
  if (held?.size === 0) map.delete(key);
}

/**
 * The keys of a fleet. A member `holds` a key if it exports or imports the name, or has an object derived for it; it
 * `consumes` a namespace if it has it and imports there automatically.
 */
export class KeyIndex {
  readonly #holders = new Map<ServiceKey, Set<string>>();
  readonly #byNamespace = new Map<string, Set<ServiceKey>>();
  readonly #byMember = new Map<string, Set<ServiceKey>>();
  readonly #consumers = new Map<string, Set<string>>();

  /** Sets whether a member holds a key. */
  setHeld(member: string, key: ServiceKey, held: boolean): void {
    const { namespace } = splitKey(key);
    if (held) {
      enter(this.#holders, key, member);
      enter(this.#byNamespace, namespace, key);
      enter(this.#byMember, member, key);
      return;
    }
    leave(this.#holders, key, member);
    leave(this.#byMember, member, key);
    if (!this.#holders.has(key)) leave(this.#byNamespace, namespace, key);
  }

  /** Sets whether a member imports a namespace automatically. */
  setConsumes(member: string, namespace: string, consumes: boolean): void {
    if (consumes) enter(this.#consumers, namespace, member);
    else leave(this.#consumers, namespace, member);
  }

  /** Removes a member and the keys that only it held. */
  remove(member: string): void {
    for (const key of [...this.heldBy(member)]) this.setHeld(member, key, false);
    for (const namespace of [...this.#consumers.keys()]) leave(this.#consumers, namespace, member);
  }

  get size(): number {
    return this.#holders.size;
  }

  /** Every key that any member holds. */
  keys(): Iterable<ServiceKey> {
    return this.#holders.keys();
  }

  keysIn(namespace: string): Iterable<ServiceKey> {
    return this.#byNamespace.get(namespace) ?? [];
  }

  heldBy(member: string): Iterable<ServiceKey> {
    return this.#byMember.get(member) ?? [];
  }

  holders(key: ServiceKey): Iterable<string> {
    return this.#holders.get(key) ?? [];
  }

  /** Whether a change of the name's sources can change anything in a member. */
  isAffected(key: ServiceKey, member: string): boolean {
    return (
      this.#holders.get(key)?.has(member) === true || this.#consumers.get(splitKey(key).namespace)?.has(member) === true
    );
  }

  /** The members in which a change of the name's sources can change anything. */
  affected(key: ServiceKey): ReadonlySet<string> {
    const consumers = this.#consumers.get(splitKey(key).namespace);
    return new Set([...(this.#holders.get(key) ?? []), ...(consumers ?? [])]);
  }
}
