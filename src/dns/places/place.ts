/** What all places of a change have in common: a request in, edits out; nothing is written here. */
import type { ObjectEdit } from '../coredns/object-edit.ts';
import type { DnsMode } from '../coredns/zone-state.ts';

/** The zone to add; without `mode`, the zone to remove. */
export interface ZoneChange {
  readonly mode?: DnsMode;
  readonly zone: string;
  /** Address of `catamaran dns`, for `stub`. */
  readonly forward?: string;
}

export interface Planned {
  readonly edits: readonly ObjectEdit[];
  /** Printed as `Note: …` after the changes. */
  readonly notes: readonly string[];
}

export const NOTHING: Planned = { edits: [], notes: [] };
