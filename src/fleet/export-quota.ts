/**
 * Limits the number of exports of a member. Which exports are inside the limit does not depend on times that a member
 * claims: those that were found valid before stay, as their status shows after a restart and to other replicas; then
 * the first to arrive.
 */
import { type ServiceKey, splitKey } from '../api/meta.ts';
import { ExportCondition, ExportReason, type ServiceExport } from '../api/multicluster.ts';

export interface QuotaLimits {
  readonly exportsPerMember: number;
  readonly exportsPerNamespace: number;
}

/** The limits of the fleet file that apply to what is kept of a member. */
export interface CacheLimits extends QuotaLimits {
  readonly endpointsPerExport: number;
  readonly memberBytes: number;
}

/** The exports of one namespace. */
interface Group {
  /** Inside the limit, and found valid before. */
  readonly valid: Set<ServiceKey>;
  /** Inside the limit, and new. */
  readonly fresh: Set<ServiceKey>;
  readonly over: Set<ServiceKey>;
}

function wasValid({ status }: ServiceExport): boolean {
  const condition = status?.conditions?.find(({ type }) => type === ExportCondition.Valid);
  return condition?.status === 'True' && condition.reason === ExportReason.Valid;
}

function sizeOf({ valid, fresh }: Group): number {
  return valid.size + fresh.size;
}

export class ExportQuota {
  #limits: QuotaLimits;
  readonly #groups = new Map<string, Group>();
  #inside = 0;

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  /** The limit that an export exceeds; undefined if it is inside. */
  exceeded(key: ServiceKey): keyof QuotaLimits | undefined {
    const group = this.#groups.get(splitKey(key).namespace);
    if (!group?.over.has(key)) return undefined;
    return sizeOf(group) >= this.#limits.exportsPerNamespace ? 'exportsPerNamespace' : 'exportsPerMember';
  }

  /** Enters a new or changed export; returns the other exports that are inside or over the limit because of it. */
  set(key: ServiceKey, exported: ServiceExport): readonly ServiceKey[] {
    const group = this.#group(key);
    const valid = wasValid(exported);
    if (group.valid.has(key) || group.fresh.has(key)) {
      if (valid && group.fresh.delete(key)) group.valid.add(key);
      return [];
    }
    if (this.#fits(group)) {
      this.#enter(key, group, valid);
      return [];
    }
    const displaced = valid ? this.#displace(group) : undefined;
    if (displaced === undefined) {
      group.over.add(key);
      return [];
    }
    this.#enter(key, group, true);
    return [displaced];
  }

  /** Removes an export; returns the one that takes its place. */
  delete(key: ServiceKey): readonly ServiceKey[] {
    const { namespace } = splitKey(key);
    const group = this.#groups.get(namespace);
    if (!group) return [];
    const wasInside = group.valid.delete(key) || group.fresh.delete(key);
    if (wasInside) this.#inside--;
    else group.over.delete(key);
    const next = wasInside ? this.#promote() : [];
    if (sizeOf(group) + group.over.size === 0) this.#groups.delete(namespace);
    return next;
  }

  /** Applies other limits; returns the exports that are inside or over them because of it. */
  configure(limits: QuotaLimits): readonly ServiceKey[] {
    this.#limits = limits;
    const changed: ServiceKey[] = [];
    for (const group of this.#groups.values()) {
      // The last ones to arrive leave first.
      for (const key of [...group.valid, ...group.fresh].toReversed()) {
        if (sizeOf(group) <= limits.exportsPerNamespace && this.#inside <= limits.exportsPerMember) break;
        this.#leave(key, group);
        changed.push(key);
      }
    }
    return [...changed, ...this.#promote()];
  }

  #group(key: ServiceKey): Group {
    const { namespace } = splitKey(key);
    const known = this.#groups.get(namespace);
    if (known) return known;
    const group = { valid: new Set<ServiceKey>(), fresh: new Set<ServiceKey>(), over: new Set<ServiceKey>() };
    this.#groups.set(namespace, group);
    return group;
  }

  #fits(group: Group): boolean {
    const { exportsPerMember, exportsPerNamespace } = this.#limits;
    return this.#inside < exportsPerMember && sizeOf(group) < exportsPerNamespace;
  }

  #enter(key: ServiceKey, group: Group, valid: boolean): void {
    group.over.delete(key);
    (valid ? group.valid : group.fresh).add(key);
    this.#inside++;
  }

  #leave(key: ServiceKey, group: Group): void {
    group.valid.delete(key);
    group.fresh.delete(key);
    group.over.add(key);
    this.#inside--;
  }

  /** Makes room for an export that was found valid before, in place of a new one. */
  #displace(group: Group): ServiceKey | undefined {
    const isFull = sizeOf(group) >= this.#limits.exportsPerNamespace;
    const victims = isFull ? [group] : [group, ...this.#groups.values()];
    for (const victim of victims) {
      const [key] = victim.fresh;
      if (key === undefined) continue;
      this.#leave(key, victim);
      return key;
    }
    return undefined;
  }

  /** Fills free places with the exports that have waited longest. */
  #promote(): readonly ServiceKey[] {
    const promoted: ServiceKey[] = [];
    for (const group of this.#groups.values()) {
      for (const key of group.over) {
        if (!this.#fits(group)) break;
        this.#enter(key, group, false);
        promoted.push(key);
      }
    }
    return promoted;
  }
}
