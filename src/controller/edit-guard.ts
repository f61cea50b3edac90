/**
 * Holds back the parts of an edit that would remove most of what a member, or the fleet, serves, until the edit is
 * confirmed in the file: one wrong digit must not cost every endpoint. The settings of all members are one part, and
 * each member is one; the other parts apply.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FleetConfig, MemberConfig } from '../config/fleet-config.ts';
import { isTooMuch, lossText, NOTHING_SERVED, type Served, sumOf } from '../core/edit-loss.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { type FleetAccess, fleetAccess } from '../fleet/fleet-access.ts';
import type { Member } from '../fleet/member.ts';
import { servedElsewhere, servedUnder } from '../fleet/served.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Pace } from '../runtime/pace.ts';

/** A part of the file that does not apply. */
export interface HeldEdit {
  /** A member, or `*` for the settings of all members. */
  readonly part: string;
  /** What it would remove, such as `12 of 12 endpoints`. */
  readonly loss: string;
  /** The value of `spec.guard.confirm` that applies it. */
  readonly confirm: string;
}

const SHARED = '*';

export interface EditGuardOptions {
  readonly fleet: Pick<Fleet, 'config' | 'members' | 'member' | 'isMember' | 'isLeaving' | 'review'>;
  readonly pace: Pace;
  readonly logger: Logger;
}

/** One member before and after an edit. */
interface Effect {
  readonly name: string;
  readonly before: Served;
  readonly after: Served;
}

export class EditGuard {
  readonly #options: EditGuardOptions;
  #edits: readonly HeldEdit[] = [];
  /** Removed members that must not leave, and those that may. */
  readonly #departures = new WeakMap<Member, { readonly edit: string; readonly held: HeldEdit | undefined }>();
  /** The decision on removed members that is being made. */
  #deciding: Promise<void> | undefined;

  constructor(options: EditGuardOptions) {
    this.#options = options;
  }

  get held(): readonly HeldEdit[] {
    const { fleet } = this.#options;
    const leaving = fleet.members.filter((member) => fleet.isLeaving(member));
    return [...this.#edits, ...leaving.flatMap((member) => this.#departures.get(member)?.held ?? [])];
  }

  /** The configuration to apply: that of the file, with the former values of the parts that are held back. */
  async admit(config: FleetConfig): Promise<FleetConfig> {
    const current = this.#options.fleet.config;
    if (isConfirmed(config)) {
      this.#edits = [];
      return config;
    }
    const held: HeldEdit[] = [];
    const hold = (part: string, loss: string) => held.push({ part, loss, confirm: config.guard.token });

    const shared = await this.#effects(current, { ...config, members: current.members });
    const isSharedHeld = this.#isHeld(shared, config);
    if (isSharedHeld) hold(SHARED, lossOf(shared));
    const base = isSharedHeld ? { ...config, ...sharedPart(current), members: config.members } : config;

    const entries = new Map(current.members.map((member) => [member.name, member]));
    const changed = config.members.filter(({ name, ...entry }) => differs(entries.get(name), { name, ...entry }));
    const effects = changed.length > 0 ? await this.#effects({ ...base, members: current.members }, base) : [];
    const kept = new Set(this.#isHeld(effects, config) ? culprits(effects, changed, config) : []);
    for (const name of kept)
      hold(name, lossOf(effects.filter((effect) => effect.name === name || !kept.has(effect.name))));
    const members = base.members.map((member) =>
      kept.has(member.name) ? (entries.get(member.name) ?? member) : member,
    );

    this.#edits = held;
    for (const edit of held) this.#warn(edit);
    const lost = lossOf([...(isSharedHeld ? [] : shared), ...effects.filter(({ name }) => !kept.has(name))]);
    if (lost !== '') this.#options.logger.warn({ loss: lost }, 'edit of the fleet file removes what is served');
    return { ...base, members };
  }

  /** Whether a removed member may leave. Decided once per edit; until then it stays. */
  mayDepart(member: Member): boolean {
    const decided = this.#departures.get(member);
    if (decided?.edit === this.#edit) return decided.held === undefined;
    this.#deciding ??= this.#decide().finally(() => {
      this.#deciding = undefined;
    });
    return false;
  }

  /** Identifies the content of the fleet file, and what was confirmed. */
  get #edit(): string {
    const { token, confirm = '', departing = [] } = this.#options.fleet.config.guard;
    return [token, confirm, ...departing].join(' ');
  }

  /** Decides which of the removed members may leave, by what all members serve; then lets them. */
  async #decide(): Promise<void> {
    const { fleet, pace } = this.#options;
    const edit = this.#edit;
    const access = fleetAccess(fleet.config);
    const served = new Map<Member, Served>();
    for (const member of fleet.members.filter((each) => fleet.isMember(each))) {
      const turn = pace.turn('bulk');
      if (turn) await turn;
      served.set(member, await this.#servedBy(member, access));
    }
    // Of an edit that has been made meanwhile, another decision is due.
    if (edit === this.#edit) {
      const leaving = [...served].filter(([member]) => fleet.isLeaving(member));
      const all = sumOf([...served.values()]);
      const rest = subtract(all, sumOf(leaving.map(([, own]) => own)));
      for (const [member, own] of leaving) this.#decideOn(member, own, isTooMuch(all, rest, fleet.config.guard));
    }
    fleet.review();
  }

  #decideOn(member: Member, own: Served, isTooMuchInAll: boolean): void {
    const { fleet, logger } = this.#options;
    const { config } = fleet;
    const isAsked = config.guard.departing?.includes(member.name) ?? false;
    const isHeld = !isAsked && !isConfirmed(config) && (isTooMuch(own, NOTHING_SERVED, config.guard) || isTooMuchInAll);
    const loss = lossText(own, NOTHING_SERVED);
    const held = isHeld ? { part: member.name, loss, confirm: config.guard.token } : undefined;
    this.#departures.set(member, { edit: this.#edit, held });
    if (held) this.#warn(held);
    else logger.warn({ member: member.name, loss: loss || 'nothing' }, 'member removed from the fleet');
  }

  #warn({ part, loss, confirm }: HeldEdit): void {
    const fields = part === SHARED ? { loss, confirm } : { member: part, loss, confirm };
    this.#options.logger.warn(
      fields,
      'edit of the fleet file is held back: it would remove most of what is served; to apply it, set spec.guard.confirm',
    );
  }

  async #servedBy(member: Member, access: FleetAccess): Promise<Served> {
    const { fleet, pace } = this.#options;
    if (member.state.phase === 'refused') return NOTHING_SERVED;
    if (!member.cache.synced) return servedElsewhere(member, fleet.members);
    return await servedUnder(member, member.config, access, pace);
  }

  /** The effect of an edit on each known member of both configurations. */
  async #effects(before: FleetConfig, after: FleetConfig): Promise<Effect[]> {
    if (isDeepStrictEqual(servedPart(before), servedPart(after))) return [];
    const { fleet, pace } = this.#options;
    const [former, next] = [fleetAccess(before), fleetAccess(after)];
    const declared = new Map(before.members.map((member) => [member.name, member]));
    const effects: Effect[] = [];
    for (const entry of after.members) {
      const member = fleet.member(entry.name);
      const known = declared.get(entry.name);
      if (!member?.cache.synced || !known) continue;
      const turn = pace.turn('bulk');
      if (turn) await turn;
      effects.push({
        name: member.name,
        before: await servedUnder(member, known, former, pace),
        after: await servedUnder(member, entry, next, pace),
      });
    }
    return effects;
  }

  /** Whether an edit removes too much from any member or from all of them. */
  #isHeld(effects: readonly Effect[], { guard }: FleetConfig): boolean {
    const total = {
      before: sumOf(effects.map(({ before }) => before)),
      after: sumOf(effects.map(({ after }) => after)),
    };
    return [...effects, total].some(({ before, after }) => isTooMuch(before, after, guard));
  }
}

function isConfirmed({ guard }: FleetConfig): boolean {
  return guard.confirm === guard.token;
}

/**
 * The changed members to hold back: those that lose too much themselves. All of them if a member loses too much whose
 * own entry is the same, since networks of one member are refused from others; or if only the sum is too much.
 */
function culprits(effects: readonly Effect[], changed: readonly MemberConfig[], { guard }: FleetConfig): string[] {
  const names = changed.map(({ name }) => name);
  const hit = effects.filter(({ before, after }) => isTooMuch(before, after, guard)).map(({ name }) => name);
  return hit.length > 0 && hit.every((name) => names.includes(name)) ? hit : names;
}

function lossOf(effects: readonly Effect[]): string {
  return lossText(sumOf(effects.map(({ before }) => before)), sumOf(effects.map(({ after }) => after)));
}

function subtract(all: Served, part: Served): Served {
  return {
    endpoints: all.endpoints - part.endpoints,
    exports: all.exports - part.exports,
    imports: all.imports - part.imports,
  };
}

function differs(before: MemberConfig | undefined, after: MemberConfig): boolean {
  return before !== undefined && !isDeepStrictEqual(before, after);
}

/** The settings of all members that decide what is served. */
function sharedPart({ importMode, namespaces, limits }: FleetConfig) {
  return { importMode, namespaces, limits };
}

function servedPart(config: FleetConfig) {
  return { ...sharedPart(config), members: config.members };
}
