/**
 * One schedule: clusters with user activity, replicas of the real controller, and faults between them, all derived from
 * one seed. After the faults end, every cluster must converge to the state that a new fleet would produce from the same
 * sources.
 */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject, metadataOf } from '../../src/api/json.ts';
import { disturb, drawClimate } from './climate.ts';
import { Dice } from './dice.ts';
import { FaultyFleet } from './faulty-fleet.ts';
import { differences, EXPORTS, holdingsOf, IMPORTS, userObjects } from './holdings.ts';
import { clusterOf } from './member-name.ts';
import type { LeaseTimes } from './membership.ts';
import { act, begin, NAMESPACES, namespaceObject } from './program.ts';
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
    trace,
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
  let order = servedOrders(clusters);
  let expected = await idealStates(fleet, clusters);
  const compare = () =>
    clusters.flatMap(({ name, api }) =>
      fleet.membership.mayHoldLeftovers(name)
        ? []
        : differences(holdingsOf(api), expected.get(name) ?? {}).map((line) => `${name}: ${line}`),
    );
  const from = time.now();
  const written = () => clusters.reduce((sum, { writes }) => sum + writes, 0);
  let right: { readonly at: number; readonly writes: number } | undefined;
  while (time.now() - from < patienceMs + CALM_MS) {
    // Exports that become known only now are served after the others.
    if (servedOrders(clusters) !== order) {
      order = servedOrders(clusters);
      expected = await idealStates(fleet, clusters);
    }
    // A replica with a hanging watch may temporarily revert writes of another one.
    const isRight = compare().length === 0;
    if (!isRight || (right && right.writes !== written())) right = undefined;
    if (isRight) right ??= { at: time.now(), writes: written() };
    if (right && time.now() - right.at >= CALM_MS)
      return { differences: [], convergedAfter: (right.at - from) / 1_000 };
    await pass(LOOK_MS);
  }
  return { differences: [...compare(), 'it is not at rest'], convergedAfter: undefined };
}

/**
 * Later exports do not displace what is served, so the order of exports depends on the past, and a new fleet would order
 * them by age. In ms, what makes the age of an export agree with the order in the first of the clusters that have one.
 */
function delayOf(
  { resource, object, index }: { readonly resource: string; readonly object: JsonObject; readonly index: number },
  clusters: readonly SimulatedCluster[],
  recording: readonly SimulatedCluster[],
): number {
  const { namespace = '', name = '' } = metadataOf(object) ?? {};
  if (resource !== EXPORTS) return 0;
  const records = recording.map(({ api }) =>
    servedOrder(api.get(IMPORTS, { namespace: `${namespace}`, name: `${name}` })),
  );
  const [record = []] = records.filter(({ length }) => length > 0);
  const place = record.findIndex((member) => clusterOf(member) === clusters[index]?.name);
  return (place < 0 ? record.length : place) * LONGEST_MS;
}

/**
 * The state that a new fleet produces, by cluster. Replicas that know different exports may have recorded different
 * orders, of which each consumer keeps its own; then each cluster has a state of its own.
 */
async function idealStates(fleet: FaultyFleet, clusters: readonly [SimulatedCluster, ...SimulatedCluster[]]) {
  if (!haveSeveralOrders(clusters)) return idealState(fleet, clusters, clusters);
  const states = new Map<string, ReturnType<typeof holdingsOf>>();
  for (const cluster of clusters) {
    const itsFirst = [cluster, ...clusters.filter((other) => other !== cluster)];
    states.set(cluster.name, (await idealState(fleet, clusters, itsFirst)).get(cluster.name) ?? {});
  }
  return states;
}

/** Whether any two imports of a name serve two exporters in different orders. */
function haveSeveralOrders(clusters: readonly SimulatedCluster[]): boolean {
  const pairs = new Set<string>();
  for (const { api } of clusters) {
    for (const imported of api.list(IMPORTS)) {
      const { namespace, name } = metadataOf(imported) ?? {};
      const order = servedOrder(imported);
      for (const [place, before] of order.entries()) {
        for (const after of order.slice(place + 1)) pairs.add(JSON.stringify([namespace, name, before, after]));
      }
    }
  }
  return [...pairs].some((pair) => {
    const [namespace, name, before, after] = JSON.parse(pair);
    return pairs.has(JSON.stringify([namespace, name, after, before]));
  });
}

/** The order in which each import serves its exporters; equal if no order changed. */
function servedOrders(clusters: readonly SimulatedCluster[]): string {
  return JSON.stringify(clusters.map(({ api }) => api.list(IMPORTS).map(servedOrder)));
}

function servedOrder(imported: JsonObject | undefined): readonly string[] {
  const clusters = isJsonObject(imported?.status) ? imported.status.clusters : undefined;
  return (Array.isArray(clusters) ? clusters : []).map((each) => (isJsonObject(each) ? String(each.cluster) : ''));
}

/** The state that a new fleet produces from the current user objects, if it serves the exports in the same order. */
async function idealState(
  fleet: FaultyFleet,
  clusters: readonly [SimulatedCluster, ...SimulatedCluster[]],
  records: readonly SimulatedCluster[],
) {
  const time = new VirtualTime(BEGINNING);
  const dice = new Dice(0);
  const copy = (of: SimulatedCluster) =>
    new SimulatedCluster({ settings: of.settings, importMode: of.importMode, time, dice: dice.fork() });
  const [first, ...rest] = clusters;
  const copies: readonly [SimulatedCluster, ...SimulatedCluster[]] = [copy(first), ...rest.map(copy)];
  await time.pass(0);
  const objects = clusters
    .flatMap(({ api }, index) =>
      userObjects(api, (object) => fleet.monitor.isMade(object)).map((each) => ({ ...each, index })),
    )
    .map((each) => ({ ...each, createdAt: each.createdAt + delayOf(each, clusters, records) }))
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
