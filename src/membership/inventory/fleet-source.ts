/** The configuration of a fleet, from the file and the inventories that it names. */
import type { FleetConfig, InventoryConfig, MemberConfig } from '../../config/fleet-config.ts';
import { equal } from '../../core/fingerprint.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import type { DescribedMember } from './described-member.ts';
import { InventoryWatch } from './inventory-watch.ts';
import { type InventoryOutcome, type MergedFleet, mergedFleet } from './merged-fleet.ts';
import type { KubeconfigStore } from './stored-kubeconfigs.ts';
import type { StoredToken } from './token-renewal.ts';

export interface FleetSourceOptions {
  /** Connects to the cluster that has the objects of an inventory. */
  readonly connect: (inventory: InventoryConfig) => Promise<KubeClient>;
  /** Of inventories that name none. */
  readonly namespace: string;
  /** Why a kubeconfig cannot be used; undefined if it can. */
  readonly check: (kubeconfig: string, source: string) => Promise<string | undefined>;
  readonly kubeconfigs: KubeconfigStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What inventories add to the status of the fleet. */
export interface InventoryStatus {
  /** Objects that are not in effect as they are. */
  readonly rejected: readonly InventoryOutcome[];
  /** Why inventories cannot be read. */
  readonly unread: readonly string[];
  readonly accepted: number;
}

interface Running {
  readonly watch: InventoryWatch;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class FleetSource {
  readonly #options: FleetSourceOptions;
  #file: FleetConfig;
  #config: FleetConfig;
  #running: readonly Running[] = [];
  #outcomes: readonly InventoryOutcome[] = [];
  /** Settings and kubeconfigs in effect, by source. */
  #accepted: ReadonlyMap<string, MemberConfig> = new Map();
  #kubeconfigs: ReadonlyMap<string, string> = new Map();
  /** Results of the check, which parses certificates. */
  readonly #checked = new WeakMap<DescribedMember, DescribedMember>();
  #wake = Promise.withResolvers<void>();

  constructor(file: FleetConfig, options: FleetSourceOptions) {
    this.#file = file;
    this.#config = file;
    this.#options = options;
  }

  get config(): FleetConfig {
    return this.#config;
  }

  get status(): InventoryStatus {
    return {
      rejected: this.#outcomes.filter(({ problem }) => problem !== undefined),
      unread: this.#running.flatMap(({ watch }) => watch.problem ?? []),
      accepted: this.#outcomes.filter(({ problem }) => problem === undefined).length,
    };
  }

  /** Tokens to renew. Those of members that leave are not. */
  get tokens(): readonly StoredToken[] {
    return this.#running
      .flatMap(({ watch }) => watch.described)
      .flatMap(({ source, name, renewal, isLeaving }) => {
        const isInUse = renewal && this.#kubeconfigs.has(source);
        return isInUse && !isLeaving ? [{ member: name ?? source, source, ...renewal }] : [];
      });
  }

  /** Connects to the cluster that has an object of an inventory. */
  async connectTo(source: string): Promise<KubeClient> {
    const running = this.#running.find(({ watch }) => watch.described.some((each) => each.source === source));
    if (!running) throw new CatamaranError('CTM_MEMBER_SECRET', `${source}: not found`);
    return this.#options.connect(running.watch.config);
  }

  /** Takes over a changed fleet file; its inventories are listed before it applies. */
  fileChanged(file: FleetConfig): void {
    this.#file = file;
    this.#wake.resolve();
  }

  /** Resolves when the inventories have been listed. Members that are not known yet must not count as removed. */
  async start(signal: AbortSignal): Promise<void> {
    this.#follow();
    while (!signal.aborted && !(await this.#merge())) await this.#awaken(signal);
  }

  /** Calls `onChange` for each change of the configuration, until the signal aborts. */
  async run(signal: AbortSignal, onChange: (config: FleetConfig) => void | Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await this.#awaken(signal);
      if (signal.aborted) break;
      const before = this.#config;
      if ((await this.#merge()) && !equal(this.#config, before)) await onChange(this.#config);
    }
    for (const { stop } of this.#running) stop.abort();
    await Promise.all(this.#running.map(({ done }) => done));
  }

  async #awaken(signal: AbortSignal): Promise<void> {
    const stop = () => this.#wake.resolve();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await this.#wake.promise;
    signal.removeEventListener('abort', stop);
    this.#wake = Promise.withResolvers();
  }

  /** Starts to follow inventories that are new in the file. Those that it no longer has are followed until it applies. */
  #follow(): void {
    const known = this.#running.map(({ watch }) => watch.config);
    const added = this.#file.inventories.filter((each) => !known.some((other) => equal(each, other)));
    this.#running = [...this.#running, ...added.map((config) => this.#open(config))];
  }

  #open(config: InventoryConfig): Running {
    const { connect, namespace, clock, random, logger } = this.#options;
    const stop = new AbortController();
    const watch = new InventoryWatch({
      config,
      namespace: config.namespace ?? namespace,
      connect: () => connect(config),
      clock,
      random,
      logger: logger.child({ inventory: config.format, namespace: config.namespace ?? namespace }),
      changed: () => this.#wake.resolve(),
    });
    const done = watch.run(stop.signal).catch((err: unknown) => {
      logger.error({ err }, 'inventory stopped by an internal error');
    });
    return { watch, stop, done };
  }

  /** Returns false if an inventory of the file has not been listed, so that nothing changes. */
  async #merge(): Promise<boolean> {
    this.#follow();
    const file = this.#file;
    const current = this.#running.filter(({ watch }) => file.inventories.some((each) => equal(each, watch.config)));
    if (!current.every(({ watch }) => watch.synced)) return false;
    const described = await this.#checkedMembers(current.flatMap(({ watch }) => watch.described));
    // Meanwhile, the file may have changed again.
    if (file !== this.#file) return this.#merge();
    for (const { watch, stop } of this.#running.filter((each) => !current.includes(each))) {
      stop.abort();
      this.#options.logger.info({ inventory: watch.config.format }, 'inventory is no longer followed');
    }
    this.#running = current;
    this.#apply(mergedFleet(file, described, this.#accepted), described);
    return true;
  }

  async #checkedMembers(described: readonly DescribedMember[]): Promise<DescribedMember[]> {
    const checked: DescribedMember[] = [];
    for (const each of described) {
      const known = this.#checked.get(each);
      const result = known ?? (await checkedMember(each, this.#options.check));
      this.#checked.set(each, result);
      checked.push(result);
    }
    return checked;
  }

  #apply({ config, outcomes }: MergedFleet, described: readonly DescribedMember[]): void {
    const { kubeconfigs, logger } = this.#options;
    const problems = new Map(outcomes.map(({ source, problem }) => [source, problem]));
    for (const outcome of outcomes) reportChange(outcome, this.#outcomes, logger);
    const members = config.members.flatMap((member) =>
      member.access.kind === 'stored' ? [[member.access.source, member] as const] : [],
    );
    const texts = members.flatMap(([source]) => {
      const found = described.find((each) => each.source === source);
      const text = problems.get(source) === undefined ? found?.kubeconfig : this.#kubeconfigs.get(source);
      return text === undefined ? [] : [[source, text] as const];
    });
    this.#kubeconfigs = new Map(texts);
    // The settings of a member whose connection never worked are not ones to keep.
    this.#accepted = new Map(members.filter(([source]) => this.#kubeconfigs.has(source)));
    kubeconfigs.replace(
      this.#kubeconfigs,
      new Map(outcomes.flatMap(({ source, problem }) => (problem === undefined ? [] : [[source, problem]]))),
    );
    this.#outcomes = outcomes;
    this.#config = config;
  }
}

async function checkedMember(described: DescribedMember, check: FleetSourceOptions['check']): Promise<DescribedMember> {
  const { kubeconfig, source } = described;
  if (described.problem !== undefined || kubeconfig === undefined) return described;
  const problem = await check(kubeconfig, source);
  return problem === undefined ? described : { ...described, problem };
}

function reportChange(outcome: InventoryOutcome, before: readonly InventoryOutcome[], logger: Logger): void {
  const { source, member, problem } = outcome;
  const known = before.find((each) => each.source === source);
  if (known && known.problem === problem) return;
  const fields = { source, member };
  if (problem !== undefined) logger.warn({ ...fields, problem }, 'member of an inventory is not accepted as it is');
  else if (known) logger.info(fields, 'member of an inventory is accepted now');
}

/** The fleet as it is now, for commands that run once. @throws the errors of inventories that cannot be read */
export async function readFleetOnce(
  file: FleetConfig,
  options: FleetSourceOptions,
  signal: AbortSignal,
): Promise<MergedFleet> {
  const { connect, namespace, kubeconfigs, check } = options;
  const described: DescribedMember[] = [];
  for (const config of file.inventories) {
    const watch = new InventoryWatch({
      ...options,
      config,
      namespace: config.namespace ?? namespace,
      connect: () => connect(config),
      changed: () => {},
    });
    for (const each of await watch.read(signal)) described.push(await checkedMember(each, check));
  }
  const merged = mergedFleet(file, described, new Map());
  const usable = new Map(merged.outcomes.map(({ source, problem }) => [source, problem]));
  kubeconfigs.replace(
    new Map(
      described.flatMap(({ source, kubeconfig }) =>
        kubeconfig === undefined || usable.get(source) !== undefined ? [] : [[source, kubeconfig]],
      ),
    ),
    new Map(merged.outcomes.flatMap(({ source, problem }) => (problem === undefined ? [] : [[source, problem]]))),
  );
  return merged;
}
