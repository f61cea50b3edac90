/** Options of callers, and their validation. */
import { MAX_CLUSTERS } from './cluster-ranges.ts';
import { label1123 } from './machinery/formats.ts';
import type { Clock, Logger, Random } from './machinery/runtime.ts';
import type { ClusterSetZone } from './network/dns.ts';
import type { PodTimes } from './workloads/pod-times.ts';

/** Timing and scale of the simulated workloads. */
export interface WorkloadOptions extends Partial<PodTimes> {
  /** Number of virtual nodes. Default: 2. */
  readonly nodes?: number;
}

interface CommonOptions {
  /** CustomResourceDefinitions to create. They are served when the promise resolves. */
  readonly crds?: readonly object[];
  /** Whether to run Deployments, StatefulSets, pods, EndpointSlices and other workloads. Default: true. */
  readonly workloads?: boolean | WorkloadOptions;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Source of randomness for UIDs, generated names, ports and jitter. Default: Math.random. */
  readonly random?: Random;
  /** Default: logs nothing. */
  readonly logger?: Logger;
  /** Closes everything when it aborts. */
  readonly signal?: AbortSignal;
}

/** Options of `startCluster`. */
export interface ClusterOptions extends CommonOptions {
  /** Name of the cluster and of its context in the kubeconfig, a DNS label. Default: `kubesim`. */
  readonly name?: string;
  /** Loopback port of the API server. Default: a free port. */
  readonly port?: number;
  /** Bearer token. Default: random. */
  readonly token?: string;
}

/** Options of `startClusters`. */
export interface ClustersOptions extends CommonOptions {
  /** Number of clusters, 1 to 100. They are named cluster1, cluster2, ... and have distinct address ranges. */
  readonly clusters: number;
  /** Loopback port of the SOCKS5 proxy of cluster1; the others use the following ports. Default: free ports. */
  readonly proxyPort?: number;
  /** Resolves `clusterset.local` in a cluster. Default: NXDOMAIN. */
  readonly clusterSetZone?: ClusterSetZone;
}

/** An invalid option. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly option: string;

  constructor(option: string, problem: string) {
    super(`option "${option}" ${problem}`);
    this.option = option;
  }
}

interface Rule {
  readonly allowed: string;
  matches(value: unknown): boolean;
}

type Rules<T> = { readonly [option in keyof Required<T>]: Rule };

const MAX_NODES = 100;
const MAX_PORT = 65_535;

function wholeNumber(from: number, to: number): Rule {
  return {
    allowed: `an integer from ${from} to ${to}`,
    matches: (value) => typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to,
  };
}

function objectWith(allowed: string, ...methods: readonly string[]): Rule {
  return {
    allowed,
    matches: (value) => isObject(value) && methods.every((method) => typeof Reflect.get(value, method) === 'function'),
  };
}

const milliseconds: Rule = {
  allowed: 'a number of milliseconds, 0 or greater',
  matches: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
};

const aFunction: Rule = { allowed: 'a function', matches: (value) => typeof value === 'function' };

const WORKLOADS: Rules<WorkloadOptions> = {
  nodes: wholeNumber(1, MAX_NODES),
  readyAfterMs: milliseconds,
  stopAfterMs: milliseconds,
};

const COMMON: Rules<CommonOptions> = {
  crds: {
    allowed: 'an array of CustomResourceDefinition objects',
    matches: (value) => Array.isArray(value) && value.every(isObject),
  },
  workloads: {
    allowed: `a boolean, or an object with ${Object.keys(WORKLOADS).join(', ')}`,
    matches: (value) => typeof value === 'boolean' || isObject(value),
  },
  clock: objectWith('an object with now() and sleep()', 'now', 'sleep'),
  random: aFunction,
  logger: objectWith(
    'an object with debug(), info(), warn(), error() and child()',
    ...['debug', 'info', 'warn', 'error', 'child'],
  ),
  signal: { allowed: 'an AbortSignal', matches: (value) => value instanceof AbortSignal },
};

const CLUSTER: Rules<ClusterOptions> = {
  ...COMMON,
  name: {
    allowed: 'a DNS label: at most 63 lower-case letters, digits and dashes',
    matches: (value) => typeof value === 'string' && label1123(value).length === 0,
  },
  port: wholeNumber(1, MAX_PORT),
  token: {
    allowed: 'a string of visible ASCII characters',
    matches: (value) => typeof value === 'string' && /^[!-~]+$/.test(value),
  },
};

const CLUSTERS: Rules<ClustersOptions> = {
  ...COMMON,
  clusters: wholeNumber(1, MAX_CLUSTERS),
  proxyPort: wholeNumber(0, MAX_PORT - MAX_CLUSTERS),
  clusterSetZone: aFunction,
};

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'is a function';
  return `is ${JSON.stringify(value) ?? String(value)}`;
}

function check<T extends object>(options: T, rules: Rules<T>, prefix = ''): void {
  const known: ReadonlyMap<string, Rule> = new Map(Object.entries<Rule>(rules));
  for (const [option, value] of Object.entries(options)) {
    const rule = known.get(option);
    if (!rule) throw new OptionError(prefix + option, `is unknown; allowed: ${[...known.keys()].join(', ')}`);
    if (value !== undefined && !rule.matches(value)) {
      throw new OptionError(prefix + option, `${shown(value)}; allowed: ${rule.allowed}`);
    }
  }
}

/** @throws OptionError */
export function checkClusterOptions(options: ClusterOptions): void {
  check(options, CLUSTER);
  checkWorkloads(options);
}

/** @throws OptionError */
export function checkClustersOptions(options: ClustersOptions): void {
  check(options, CLUSTERS);
  checkWorkloads(options);
  if (options.clusters === undefined)
    throw new OptionError('clusters', `is required; allowed: ${CLUSTERS.clusters.allowed}`);
}

function checkWorkloads({ workloads }: CommonOptions): void {
  if (typeof workloads === 'object') check(workloads, WORKLOADS, 'workloads.');
}
