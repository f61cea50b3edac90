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
 * `consumes` a namespace if it has it and imports there automatically; it is `named` by a key if an object of a consumer
 * names it as a source.
 */
export class KeyIndex {
  readonly #holders = new Map<ServiceKey, Set<string>>();
  readonly #byNamespace = new Map<string, Set<ServiceKey>>();
  readonly #byMember = new Map<string, Set<ServiceKey>>();
  readonly #consumers = new Map<string, Set<string>>();
  readonly #consumed = new Map<string, Set<string>>();
  readonly #named = new Map<string, Set<ServiceKey>>();
  readonly #namedBy = new Map<ServiceKey, Set<string>>();

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
    if (this.#holders.has(key)) return;
    leave(this.#byNamespace, namespace, key);
    for (const source of this.#namedBy.get(key) ?? []) leave(this.#named, source, key);
    this.#namedBy.delete(key);
  }

  /**
   * Notes that an object of a consumer of the key names a source. It stays noted until no member holds the key, since a
   * key too many costs one look, and counting the objects would cost one entry for each.
   */
  noteSource(source: string, key: ServiceKey): void {
    if (this.#namedBy.get(key)?.has(source) || !this.#holders.has(key)) return;
    enter(this.#namedBy, key, source);
    enter(this.#named, source, key);
  }

  /** Sets whether a member imports a namespace automatically. */
  setConsumes(member: string, namespace: string, consumes: boolean): void {
    if (consumes) {
      enter(this.#consumers, namespace, member);
      enter(this.#consumed, member, namespace);
    } else {
      leave(this.#consumers, namespace, member);
      leave(this.#consumed, member, namespace);
    }
  }

  /** Removes a member and the keys that only it held. */
  remove(member: string): void {
    for (const key of [...this.heldBy(member)]) this.setHeld(member, key, false);
    for (const namespace of [...(this.#consumed.get(member) ?? [])]) this.setConsumes(member, namespace, false);
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

  /** Keys of which an object of a consumer names, or has named, the member as a source. */
  naming(source: string): Iterable<ServiceKey> {
    return this.#named.get(source) ?? [];
  }

  holders(key: ServiceKey): Iterable<string> {
    return this.#holders.get(key) ?? [];
  }

  /** Keys of which a change of the sources can change anything in a member. */
  *affecting(member: string): Generator<ServiceKey> {
    yield* this.heldBy(member);
    for (const namespace of this.#consumed.get(member) ?? []) {
      for (const key of this.keysIn(namespace)) if (!this.#holders.get(key)?.has(member)) yield key;
    }
  }

  /** The members in which a change of the name's sources can change anything. */
  affected(key: ServiceKey): ReadonlySet<string> {
    const consumers = this.#consumers.get(splitKey(key).namespace);
    return new Set([...(this.#holders.get(key) ?? []), ...(consumers ?? [])]);
  }
}
