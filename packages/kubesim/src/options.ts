/** What callers may ask for, and the check of it. */
import { MAX_CLUSTERS } from './cluster-ranges.ts';
import { label1123 } from './machinery/formats.ts';
import type { Clock, Logger, Random } from './machinery/runtime.ts';
import type { ClusterSetZone } from './network/dns.ts';
import type { PodTimes } from './workloads/pod-times.ts';

/** How the workload controllers run. */
export interface WorkloadOptions extends Partial<PodTimes> {
  /** Virtual nodes. Default: 2. */
  readonly nodes?: number;
}

interface CommonOptions {
  /** CustomResourceDefinitions to create. They are served when the promise resolves. */
  readonly crds?: readonly object[];
  /** Whether Deployments, StatefulSets, pods, EndpointSlices and the like come to life. Default: true. */
  readonly workloads?: boolean | WorkloadOptions;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** For UIDs, generated names, ports and jitter. Default: Math.random. */
  readonly random?: Random;
  /** Default: logs nothing. */
  readonly logger?: Logger;
  /** Ends everything when it aborts. */
  readonly signal?: AbortSignal;
}

/** Options of `startCluster`. */
export interface ClusterOptions extends CommonOptions {
  /** Name of the cluster and of its context in the kubeconfig, a DNS label. Default: `kubesim`. */
  readonly name?: string;
  /** Loopback port of the API server. Default: one that is free. */
  readonly port?: number;
  /** Bearer token. Default: a random one. */
  readonly token?: string;
}

/** Options of `startClusters`. */
export interface ClustersOptions extends CommonOptions {
  /** 1 to 100. They are named cluster1, cluster2, ... and have address ranges of their own. */
  readonly clusters: number;
  /** Loopback port of the SOCKS5 proxy of cluster1; the others follow. Default: any that are free. */
  readonly proxyPort?: number;
  /** Answers for `clusterset.local` in a cluster. Default: NXDOMAIN. */
  readonly clusterSetZone?: ClusterSetZone;
}

/** An option that cannot be used. */
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
    allowed: `a whole number from ${from} to ${to}`,
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
  allowed: 'milliseconds, 0 or more',
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
    allowed: 'a list of CustomResourceDefinition objects',
    matches: (value) => Array.isArray(value) && value.every(isObject),
  },
  workloads: {
    allowed: `a boolean, or an object of ${Object.keys(WORKLOADS).join(', ')}`,
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
    allowed: 'a text of visible ASCII characters',
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
    throw new OptionError('clusters', `is missing; allowed: ${CLUSTERS.clusters.allowed}`);
}

function checkWorkloads({ workloads }: CommonOptions): void {
  if (typeof workloads === 'object') check(workloads, WORKLOADS, 'workloads.');
}
