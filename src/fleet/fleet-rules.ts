import { type FleetConfig, isBounded } from '../config/fleet-config.ts';
import { type FleetAccess, fleetAccess } from './fleet-access.ts';
import type { Member } from './member.ts';
import type { FleetContext } from './member-options.ts';

/** The rules that apply to each member. To one that is leaving, those before the edit that removed it. */
export class FleetRules {
  #config: FleetConfig;
  #access: FleetAccess;
  #context: FleetContext;
  readonly #byMember = new WeakMap<Member, FleetAccess>();

  constructor(config: FleetConfig) {
    this.#config = config;
    this.#access = fleetAccess(config);
    this.#context = contextOf(config, this.#access);
  }

  get config(): FleetConfig {
    return this.#config;
  }

  get context(): FleetContext {
    return this.#context;
  }

  /** Takes over a configuration. {@link apply} has to follow for each member. */
  configure(config: FleetConfig): void {
    this.#config = config;
    this.#access = fleetAccess(config, this.#access.networks);
    this.#context = contextOf(config, this.#access);
  }

  apply(member: Member, isLeaving: boolean): void {
    if (!isLeaving) this.#byMember.set(member, this.#access);
    member.setFleet(this.#context);
  }

  /** Whether imports are created automatically in a namespace of a member. */
  imports(member: Member, namespace: string): boolean {
    const { importMode, importRefusal } = this.of(member);
    return importMode(member.config, namespace) === 'Automatic' && importRefusal(member.name, namespace) === undefined;
  }

  of(member: Member): FleetAccess {
    return this.#byMember.get(member) ?? this.#access;
  }
}

function contextOf({ limits, members }: FleetConfig, { networks }: FleetAccess): FleetContext {
  return { networks, limits, exposed: !members.every(isBounded) };
}
