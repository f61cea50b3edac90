/** The faults of a schedule, and when they start and end. */

import type { Dice } from './dice.ts';
import type { FaultyFleet } from './faulty-fleet.ts';
import type { Link } from './link.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { CLEAR, type Reach, type Weather } from './weather.ts';

/** Parameters of one schedule, drawn once. */
export interface Climate {
  readonly replicas: 1 | 2;
  /**
   * Drops events from a stream that stays open. Only the hourly full relist finds them, so the schedule takes that
   * long.
   */
  readonly gaps: boolean;
  readonly seesDeaths: boolean;
  /** Relative frequency of each disturbance below. */
  readonly weights: Readonly<Record<Disturbance, number>>;
}

const DISTURBANCES = [
  'partition',
  'partial',
  'outage',
  'storm',
  'writes',
  'restart',
  'kill',
  'pause',
  'stop',
  'staleness',
  'membership',
  'crds',
  'rights',
  'admission',
  'clear',
] as const;
type Disturbance = (typeof DISTURBANCES)[number];

const BLOCKED: readonly [Reach, Reach] = ['refused', 'silent'];
const HELD_BACK: readonly [string, ...string[]] = [
  'discovery.k8s.io/endpointslices',
  '/services',
  'multicluster.x-k8s.io/serviceexports',
  'multicluster.x-k8s.io/serviceimports',
];
const MOMENTS: readonly ['before', 'after'] = ['before', 'after'];

/** Most disturbances are rare in any one schedule: it has a few kinds often, and others not at all. */
export function drawClimate(dice: Dice): Climate {
  const weight = (share: number) => (dice.chance(share) ? dice.whole(1, 4) : 0);
  return {
    replicas: dice.chance(0.6) ? 2 : 1,
    gaps: dice.chance(0.1),
    seesDeaths: dice.chance(0.3),
    weights: {
      partition: weight(0.7),
      partial: weight(0.4),
      outage: weight(0.5),
      storm: weight(0.7),
      writes: weight(0.5),
      restart: weight(0.4),
      kill: weight(0.7),
      pause: weight(0.4),
      stop: weight(0.3),
      staleness: weight(0.4),
      membership: weight(0.4),
      crds: weight(0.3),
      rights: weight(0.4),
      clear: 4,
      admission: weight(0.3),
    },
  };
}

/** Starts one disturbance, or ends some. Returns a description. */
export function disturb(
  fleet: FaultyFleet,
  clusters: readonly [SimulatedCluster, ...SimulatedCluster[]],
  climate: Climate,
  dice: Dice,
): string {
  const what = dice.weighted(climate.weights);
  const replica = dice.pick(fleet.replicas);
  const cluster = dice.pick(clusters);
  const links = fleet.replicas.flatMap((each) => [...each.links.values()]);
  const link = dice.pick(links);
  switch (what) {
    case 'partition': {
      const reach = dice.pick(BLOCKED);
      if (link) link.set({ ...link.weather, reach });
      return `partition ${reach} ${nameOf(link)}`;
    }
    case 'partial': {
      const heldBack = [dice.pick(HELD_BACK)];
      if (link) link.set({ ...link.weather, heldBack });
      // Open watches have their responses.
      link?.cut();
      return `hold back ${heldBack} ${nameOf(link)}`;
    }
    case 'outage': {
      const reach = dice.pick(BLOCKED);
      for (const each of links) if (each.cluster === cluster) each.set({ ...each.weather, reach });
      return `outage ${reach} ${cluster.name}`;
    }
    case 'storm': {
      if (link) link.set(stormy(link.weather, climate, dice));
      return `storm ${nameOf(link)}`;
    }
    case 'writes': {
      const { refusedWrites, brokenWrites, rivals } = contended(dice);
      for (const each of links) {
        if (each.cluster === cluster) each.set({ ...each.weather, refusedWrites, brokenWrites, rivals });
      }
      return `writes ${cluster.name}`;
    }
    case 'staleness': {
      if (link) link.set({ ...link.weather, staleLists: 0.7 });
      link?.cut();
      return `stale lists ${nameOf(link)}`;
    }
    case 'restart': {
      cluster.forget();
      for (const each of links) if (each.cluster === cluster) each.cut();
      return `restart ${cluster.name}`;
    }
    case 'kill': {
      const when = dice.pick(MOMENTS);
      const number = dice.whole(1, 12);
      replica?.process.killAtWrite(number, when);
      return `kill ${replica?.process.identity} ${when} write ${number}`;
    }
    case 'pause': {
      const ms = dice.whole(500, 25_000);
      replica?.process.pause(ms);
      return `pause ${replica?.process.identity} ${ms} ms`;
    }
    case 'stop': {
      replica?.stop();
      return `stop ${replica?.process.identity}`;
    }
    case 'membership':
      return reconfigure(fleet, cluster.name, dice);
    case 'crds': {
      // Usually it is restored soon.
      if (cluster.hasCrds && dice.chance(0.6)) return `no CRD ${cluster.name} ${cluster.removeCrd(dice)}`;
      cluster.installCrds();
      return `CRDs ${cluster.name}`;
    }
    case 'rights': {
      const taken = cluster.rights.take(dice);
      // Open watches continue until they end.
      if (dice.chance(0.8)) for (const each of links) if (each.cluster === cluster) each.cut();
      return `forbid ${cluster.name} ${taken}`;
    }
    case 'admission':
      return `refuse ${cluster.name} ${cluster.admission.take(dice)}`;
    case 'clear': {
      for (const each of links) if (dice.chance(0.7)) each.set(CLEAR);
      for (const each of clusters) {
        if (dice.chance(0.5)) each.rights.restore();
        if (dice.chance(0.5)) each.admission.restore();
        if (dice.chance(0.5)) each.installCrds();
      }
      return 'clear';
    }
  }
}

/**
 * Maximum delay until a replica reads the changed file, in ms: kubelets update mounted ConfigMaps within about a
 * minute.
 */
const FOLLOW_MS = 60_000;

/** Changes fleet.yaml: adds or removes a cluster, changes its entry or renames it. */
function reconfigure({ membership, replicas }: FaultyFleet, name: string, dice: Dice): string {
  const others = membership.clusters.filter((each) => each !== name);
  const change = dice.pick<'amend' | 'rename'>(['amend', 'rename']);
  const what = !membership.has(name) ? 'join' : others.length > 0 && dice.chance(0.5) ? 'leave' : change;
  if (what === 'leave') membership.leave(name, replicas);
  else membership[what](name);
  const most = dice.pick([0, 2_000, FOLLOW_MS]);
  for (const replica of replicas) replica.follow(dice.next() * most);
  return `${what} ${name}`;
}

function stormy(weather: Weather, { gaps }: Climate, dice: Dice): Weather {
  const some = (most: number) => (dice.chance(0.5) ? dice.next() * most : 0);
  return {
    ...weather,
    latencyMs: dice.pick([5, 50, 400, 3_000]),
    refusals: some(dice.pick([0.2, 0.2, 1])),
    lostAnswers: some(0.2),
    delayedEvents: some(0.6),
    eventDelayMs: dice.pick([100, 2_000, 10_000]),
    doubledEvents: some(0.4),
    cuts: some(0.15),
    mutes: some(0.08),
    gaps: gaps ? dice.next() * 0.3 : 0,
    expiries: some(0.1),
    bookmarks: dice.chance(0.7),
  };
}

/** An API server with write errors, or with concurrent writers. */
function contended(dice: Dice): Pick<Weather, 'refusedWrites' | 'brokenWrites' | 'rivals'> {
  const some = () => (dice.chance(0.5) ? dice.pick([0.2, 0.5, 1]) : 0);
  return { refusedWrites: some(), brokenWrites: some(), rivals: some() };
}

function nameOf(link: Link | undefined): string {
  return link ? `${link.identity} to ${link.cluster.name}` : 'nobody';
}
