/**
 * The lab through terminals, one per cluster and one per pod. Commands and their output are recorded, so that a test
 * can compare them with its guide in docs/guides.
 */
import { vi } from 'vitest';
import { CRDS } from '../../src/api/crd-manifests.ts';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { type Lab, type LabCluster, labUp } from '../../tools/lab/index.ts';
import { ROOT } from '../../tools/paths.ts';
import { CATAMARAN } from './catamaran.ts';
import type { Steps } from './guide.ts';

/** How long a test waits for an expected state; no test asserts on time. */
const PATIENCE = { timeout: 180_000, interval: 200 };

/** Retries until `check` passes. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, PATIENCE);
}

/** Options of a command. */
export interface Typed {
  /** Standard input. */
  readonly input?: string;
}

/** A place to run commands. */
export interface Terminal {
  readonly name: string;
  /** Runs a bash command line; returns stdout, and throws an Error with stderr if it fails. */
  sh(command: string, typed?: Typed): Promise<string>;
  /** Runs it repeatedly until its output matches; returns that output. */
  until(command: string, shows: RegExp, typed?: Typed): Promise<string>;
}

/** A cluster of the lab: a terminal with kubectl and catamaran, in a folder of examples. */
export interface Cluster extends Terminal {
  readonly lab: LabCluster;
  /** Runs a command line that is not a step of a guide. */
  quietly(command: string): Promise<string>;
  /** Sets a shell variable. */
  set(variable: string, value: string): void;
  /** A terminal in a pod, by its name or its Deployment: `client`, `deployment/client`. */
  pod(name: string, namespace?: string): Terminal;
  /** Runs kubectl, not as a step of a guide. */
  kubectl(...args: readonly string[]): Promise<string>;
  apply(...objects: readonly object[]): Promise<void>;
  /** `kubectl get` of one field: `field('-n', 'x', 'service', 'y', '{.spec.clusterIP}')`. */
  field(...args: readonly string[]): Promise<string>;
}

/** The running lab and its clusters. */
export interface OpenLab {
  readonly lab: Lab;
  /** The requested ones, cluster1 first. */
  readonly clusters: readonly Cluster[];
  readonly cluster1: Cluster;
  readonly cluster2: Cluster;
}

/** Opens the first clusters of the lab (default: 2), with `examples/EXAMPLE` as the working directory. */
export async function openLab(
  options: { readonly clusters?: number; readonly example?: string; readonly steps?: Steps } = {},
): Promise<OpenLab> {
  const lab = await labUp({ clusters: options.clusters ?? 2 });
  const clusters = lab.clusters.map((cluster) => openCluster(lab, cluster, options.example ?? '', options.steps));
  const [cluster1, cluster2] = clusters;
  if (!cluster1 || !cluster2) throw new Error('two clusters are needed');
  return { lab, clusters, cluster1, cluster2 };
}

function openCluster(lab: Lab, cluster: LabCluster, example: string, steps: Steps | undefined): Cluster {
  const variables: Record<string, string> = {};
  const bash = async (command: string, input = ''): Promise<string> => {
    const env = { ...process.env, ...variables, KUBECONFIG: cluster.kubeconfig };
    return await lab.run('bash', ['-o', 'pipefail', '-c', `${prelude(example)}\n${command}`], { env, input });
  };
  const kubectl = async (args: readonly string[], input = ''): Promise<string> =>
    await lab.run(findBinary('kubectl'), ['--kubeconfig', cluster.kubeconfig, ...args], { input });
  return {
    lab: cluster,
    ...terminal(cluster.name, bash, steps),
    quietly: (command) => bash(command),
    set(variable, value) {
      variables[variable] = value;
      steps?.push({ terminal: cluster.name, command: `${variable}=${value}`, output: '' });
    },
    pod: (name, namespace = 'default') =>
      terminal(
        name.split('/').at(-1) ?? name,
        (command, input) => kubectl(['-n', namespace, 'exec', '-i', name, '--', 'bash', '-c', command], input),
        steps,
      ),
    kubectl: (...args) => kubectl(args),
    async apply(...objects) {
      await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    },
    field(...args) {
      const path = args.at(-1) ?? '';
      return kubectl(['get', ...args.slice(0, -1), '-o', `jsonpath=${path}`]);
    },
  };
}

type Run = (command: string, input?: string) => Promise<string>;

function terminal(name: string, run: Run, steps: Steps | undefined): Terminal {
  const sh: Terminal['sh'] = async (command, { input } = {}) => {
    const output = await run(command, input);
    steps?.push({ terminal: name, command, output });
    return output;
  };
  return {
    name,
    sh,
    async until(command, shows, { input } = {}) {
      const output = await eventually(async () => {
        const printed = await run(command, input);
        if (!shows.test(printed)) throw new Error(`${name}$ ${command}\nprinted, instead of ${shows}:\n${printed}`);
        return printed;
      });
      steps?.push({ terminal: name, command, output });
      return output;
    },
  };
}

/** Defines the commands of a user's machine, and changes to the folder of the manifests. */
function prelude(example: string): string {
  return `
    kubectl() { '${findBinary('kubectl')}' "$@"; }
    helm() { '${findBinary('helm')}' "$@"; }
    catamaran() { '${process.execPath}' '${CATAMARAN}' "$@"; }
    cd '${ROOT}/examples/${example}'`;
}

/** Installs the CRDs. */
export async function installCRDs(clusters: readonly Cluster[]): Promise<void> {
  await Promise.all(
    clusters.map(async (cluster) => {
      const crds = ['serviceexports', 'serviceimports'].map((name) => `crd/${name}.multicluster.x-k8s.io`);
      await cluster.apply(...CRDS);
      await cluster.kubectl('wait', '--for=condition=Established', '--timeout=60s', ...crds);
    }),
  );
}

/** Removes namespaces with all their objects, without waiting for pods to terminate gracefully. */
export async function removeNamespaces(clusters: readonly Cluster[], ...names: readonly string[]): Promise<void> {
  await Promise.all(
    clusters.flatMap((cluster) =>
      names.map(async (name) => {
        const found = await cluster.kubectl('get', 'namespace', name, '--ignore-not-found', '-o', 'name');
        if (found === '') return;
        await cluster.kubectl('delete', 'namespace', name, '--wait=false', '--ignore-not-found');
        await removePods(cluster, '-n', name, '--all');
        // kube-controller-manager may still be in backoff after an outage of its API server.
        await cluster.kubectl('wait', '--for=delete', '--timeout=240s', `namespace/${name}`);
      }),
    ),
  );
}

/** Removes Deployments, StatefulSets and pods immediately: sleeping pods would take 30 s to terminate. */
export async function removePods(cluster: Cluster, ...which: readonly string[]): Promise<void> {
  const now = ['--force', '--grace-period=0', '--ignore-not-found'];
  await cluster.kubectl('delete', 'deployments,statefulsets', ...which, ...now);
  await cluster.kubectl('delete', 'pods', ...which, ...now);
}
