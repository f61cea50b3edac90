/**
 * One schedule: clusters with user activity, replicas of the real controller, and faults between them, all derived from
 * one seed. After the faults end, every cluster must converge to the state that a new fleet would produce from the same
 * sources.
 */
import { createHash } from 'node:crypto';
import { objectName } from '../../src/kube/watch/object.ts';
import { disturb, drawClimate } from './climate.ts';
import { Dice } from './dice.ts';
import { FaultyFleet } from './faulty-fleet.ts';
import { differences, EXPORTS, type Holdings, holdingsOf, IMPORTS, userObjects } from './holdings.ts';
import type { LeaseTimes } from './membership.ts';
import { act, begin, NAMESPACES, namespaceObject } from './program.ts';
import { type ServedOrders, servedOrders } from './served-order.ts';
import { SimulatedCluster, settingsOf } from './simulated-cluster.ts';
import { VirtualTime } from './virtual-time.ts';
import { CLEAR } from './weather.ts';

/** Result of a schedule. */
export interface Outcome {
  readonly seed: number;
  /** Violations, one per line. */
  readonly problems: readonly string[];
  /** All events, in order. */
  readonly trace: readonly string[];
  /** Hash of the trace. */
  readonly digest: string;
  /** Seconds of virtual time from the last fault until convergence. */
  readonly convergedAfter: number | undefined;
}

const BEGINNING = Date.UTC(2026, 0, 1);
const LEASES: readonly [LeaseTimes, LeaseTimes] = [
  { duration: 15, renewDeadline: 10, retryPeriod: 2 },
  { duration: 6, renewDeadline: 4, retryPeriod: 1 },
];
/** Longer than any wait in the engine, except for the full relist that finds gaps. */
const PATIENCE_MS = 240_000;
/** The full relist happens after an hour, when the watch ends, at most ten minutes later. */
const GAP_PATIENCE_MS = 4_500_000;
/** Longer than any schedule. */
const LONGEST_MS = 86_400_000;
/** Time without writes required after convergence. */
const CALM_MS = 15_000;
const LOOK_MS = 3_000;
/** Attempts to recreate CRDs that are still being deleted. */
const TRIES = 10;

/** Runs the schedule of a seed. */
export async function runSchedule(seed: number): Promise<Outcome> {
  const dice = new Dice(seed);
  const trace: string[] = [];
  const note = (line: string) => trace.push(line);
  const time = new VirtualTime(BEGINNING);
  const count = dice.whole(2, 4);
  const cluster = (index: number) =>
    new SimulatedCluster({
      settings: settingsOf(index + 1),
      importMode: dice.chance(0.6) ? 'Automatic' : 'Manual',
      time,
      dice: dice.fork(),
    });
  const clusters: readonly [SimulatedCluster, ...SimulatedCluster[]] = [
    cluster(0),
    ...Array.from({ length: count - 1 }, (_, index) => cluster(index + 1)),
  ];
  // The CRDs are served from here on.
  await time.pass(0);
  for (const { api } of clusters) {
    for (const name of NAMESPACES) if (dice.chance(0.9)) api.create('/namespaces', namespaceObject(name));
  }
  const climate = drawClimate(dice);
  const lease = dice.pick(LEASES);
  const members = clusters.filter((_, index) => index === 0 || dice.chance(0.9)).map(({ name }) => name);
  const fleet = new FaultyFleet({ time, clusters, dice: dice.fork(), lease, members, trace: note });
  const start = (weather = { ...CLEAR, latencyMs: dice.pick([5, 20, 200, 1_000]) }) =>
    fleet.start(dice.whole(-300_000, 300_000), climate.seesDeaths, weather);
  const users = dice.fork();
  const chance = dice.fork();
  for (const line of begin(clusters, users)) note(`${time.now()} ${line}`);
  // Some are installed later.
  for (const each of clusters) if (climate.weights.crds > 0 && dice.chance(0.2)) each.removeCrd(dice);
  const first = users.whole(0, 20);
  for (let step = 0; step < first; step++) note(`${time.now()} ${await act(clusters, users)}`);
  for (let index = 0; index < climate.replicas; index++) start();

  const steps = dice.whole(15, 45);
  for (let step = 0; step < steps; step++) {
    // Increases activity while a replica is syncing.
    const soon = fleet.replicas.some((each) => !each.controller.status().ready) ? 0.8 : 0.3;
    await time.pass(chance.chance(soon) ? chance.whole(0, 100) : chance.whole(100, 4_000));
    if (climate.weights.staleness > 0) for (const each of clusters) await each.remember();
    const calm = step < 4 || chance.chance(0.6);
    note(`${time.now()} ${calm ? await act(clusters, users) : disturb(fleet, clusters, climate, chance)}`);
    while (fleet.replicas.length < climate.replicas && chance.chance(0.5)) start();
  }

  note(`${time.now()} the faults end`);
  for (const { allLinks, process } of fleet.replicas) {
    process.spare();
    for (const link of allLinks) link.set(CLEAR);
  }
  for (const { rights, admission } of clusters) {
    rights.restore();
    admission.restore();
  }
  for (let tries = 0; tries < TRIES; tries++) {
    if (clusters.map((each) => each.installCrds()).every((all) => all)) break;
    await time.pass(0);
  }
  const pass = async (ms: number) => {
    // A stopping replica may still be running.
    while (fleet.replicas.length < climate.replicas) start(CLEAR);
    await time.pass(ms);
  };
  const problems = await judge(fleet, clusters, time, pass, climate.gaps ? GAP_PATIENCE_MS : PATIENCE_MS);
  const convergedAfter = problems.convergedAfter;
  const result = {
    seed,
    problems: [...fleet.monitor.violations, ...problems.differences],
    // Replicas that end afterwards are not part of it.
    trace: [...trace],
    digest: createHash('sha256').update(trace.join('\n')).digest('hex'),
    convergedAfter,
  };
  fleet.end();
  for (const each of clusters) each.close();
  return result;
}

/** Waits for convergence, and checks that it is stable. */
async function judge(
  fleet: FaultyFleet,
  clusters: readonly [SimulatedCluster, ...SimulatedCluster[]],
  time: VirtualTime,
  pass: (ms: number) => Promise<void>,
  patienceMs: number,
): Promise<{ readonly differences: readonly string[]; readonly convergedAfter: number | undefined }> {
  // Pending deletions complete first.
  await pass(LOOK_MS);
  const expectations = new Expectations(fleet, clusters);
  const compare = async () => {
    const lines: string[] = [];
    for (const { name, api } of clusters) {
      if (fleet.membership.mayHoldLeftovers(name)) continue;
      const expected = await expectations.of(name);
      lines.push(...differences(holdingsOf(api), expected).map((line) => `${name}: ${line}`));
    }
    return lines;
  };
  const from = time.now();
  const written = () => clusters.reduce((sum, { writes }) => sum + writes, 0);
  let right: { readonly at: number; readonly writes: number } | undefined;
  while (time.now() - from < patienceMs + CALM_MS) {
    // A replica with a hanging watch may temporarily revert writes of another one.
    const isRight = (await compare()).length === 0;
    if (!isRight || (right && right.writes !== written())) right = undefined;
    if (isRight) right ??= { at: time.now(), writes: written() };
    if (right && time.now() - right.at >= CALM_MS)
      return { differences: [], convergedAfter: (right.at - from) / 1_000 };
    await pass(LOOK_MS);
  }
  return { differences: [...(await compare()), 'it is not at rest'], convergedAfter: undefined };
}

/** What is expected of each cluster: the state of a new fleet that serves the exports in the order of that cluster. */
class Expectations {
  readonly #fleet: FaultyFleet;
  readonly #clusters: readonly [SimulatedCluster, ...SimulatedCluster[]];
  /** By the orders, normally one for all clusters. */
  readonly #states = new Map<string, ReadonlyMap<string, Holdings>>();

  constructor(fleet: FaultyFleet, clusters: readonly [SimulatedCluster, ...SimulatedCluster[]]) {
    this.#fleet = fleet;
    this.#clusters = clusters;
  }

  async of(cluster: string): Promise<Holdings> {
    const members = this.#clusters.filter(({ name }) => this.#fleet.membership.has(name));
    const orders = servedOrders(cluster, members);
    const text = JSON.stringify([...orders]);
    const state = this.#states.get(text) ?? (await idealState(this.#fleet, this.#clusters, orders));
    this.#states.set(text, state);
    return state.get(cluster) ?? {};
  }
}

/** The state that a new fleet produces from the current user objects, if the ages of the exports have these orders. */
async function idealState(
  fleet: FaultyFleet,
  clusters: readonly [SimulatedCluster, ...SimulatedCluster[]],
  orders: ServedOrders,
): Promise<ReadonlyMap<string, Holdings>> {
  const time = new VirtualTime(BEGINNING);
  const dice = new Dice(0);
  const copy = (of: SimulatedCluster) =>
    new SimulatedCluster({ settings: of.settings, importMode: of.importMode, time, dice: dice.fork() });
  const [first, ...rest] = clusters;
  const copies: readonly [SimulatedCluster, ...SimulatedCluster[]] = [copy(first), ...rest.map(copy)];
  await time.pass(0);
  const delayOf = ({ resource, object, index }: (typeof copied)[number]) => {
    const order = resource === EXPORTS ? orders.get(objectName(object)) : undefined;
    return Math.max(0, order?.indexOf(clusters[index]?.name ?? '') ?? 0) * LONGEST_MS;
  };
  const copied = clusters.flatMap(({ api }, index) =>
    userObjects(api, (object) => fleet.monitor.isMade(object)).map((each) => ({ ...each, index })),
  );
  const objects = copied
    .map((each) => ({ ...each, createdAt: each.createdAt + delayOf(each) }))
    .toSorted((a, b) => a.createdAt - b.createdAt);
  for (const { resource, object, createdAt, index } of objects) {
    time.jumpTo(createdAt);
    if (resource === IMPORTS) await copies[index]?.import(object);
    else copies[index]?.put(resource, object);
  }
  const { names: members } = fleet.membership;
  const ideal = new FaultyFleet({ time, clusters: copies, dice, lease: LEASES[0], members, trace: () => {} });
  ideal.start(0, false);
  const writes = () => copies.reduce((sum, { writes }) => sum + writes, 0);
  let before = -1;
  for (let looks = 0; looks < 3 || writes() !== before; looks++) {
    before = writes();
    await time.pass(LOOK_MS);
  }
  ideal.end();
  for (const each of copies) each.close();
  return new Map(copies.map(({ name, api }) => [name, holdingsOf(api)]));
}
