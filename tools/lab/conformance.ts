/**
 * The upstream MCS-API conformance suite on two clusters of the lab, with the controller between them. The suite is a
 * test binary that the user compiles: https://github.com/kubernetes-sigs/mcs-api, directory conformance.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findBinary } from '../controlplane/binaries.ts';
import { type Component, ComponentError, run, startComponent } from '../controlplane/component.ts';
import { ROOT } from '../paths.ts';
import type { Lab, LabCluster } from './index.ts';
import { FABRIC, inNamespace } from './layout.ts';

const CATAMARAN = join(ROOT, 'dist', 'catamaran.js');
const ADDRESS = '127.0.0.1:9470';
const READY_TIMEOUT_MS = 60_000;
const IS_READY = `fetch('http://${ADDRESS}/readyz').then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))`;

export interface ConformanceOptions {
  /** Path of the compiled suite. */
  readonly suite: string;
  /** Version of Catamaran, for the report. */
  readonly version: string;
  /** Output directory for the fleet file, the log and the suite's report. */
  readonly dir: string;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Prepares the clusters, starts the controller, runs the suite, and stops the controller. Returns the suite's report,
 * which includes failed specs. The clusters keep the CRDs, and clusterset.local in CoreDNS.
 *
 * @throws an Error if there is no report.
 */
export async function runConformance(lab: Lab, options: ConformanceOptions): Promise<{ html: string; yaml: string }> {
  const { suite, version, dir, onProgress: say, signal } = options;
  const crds = await run(process.execPath, [CATAMARAN, 'crds'], { signal });
  await Promise.all(lab.clusters.map((cluster) => prepare(lab, cluster, crds, signal)));
  say('CRDs installed; CoreDNS serves clusterset.local');
  const controller = await startController(lab, dir, signal);
  try {
    say('catamaran run is ready');
    const contexts = lab.clusters.map(({ context }) => context).join(',');
    const flags = [`--kubeconfig=${lab.kubeconfig}`, `--contexts=${contexts}`, `--project=Catamaran`];
    // The suite writes its report to its working directory.
    const child = lab.inFabric(suite, [...flags, `--version=${version}`], { cwd: dir, stdio: 'inherit', signal });
    const [code] = await once(child, 'exit', { signal });
    say(`the suite exited with code ${code}`);
    const exit = controller.exit();
    if (exit !== undefined) throw new ComponentError(`exited with ${exit} during the suite`, controller.spec);
    return {
      html: readFileSync(join(dir, 'report.html'), 'utf8'),
      yaml: readFileSync(join(dir, 'report.yaml'), 'utf8'),
    };
  } finally {
    await controller.stop('SIGTERM', 10_000);
  }
}

async function startController(lab: Lab, dir: string, signal: AbortSignal): Promise<Component> {
  const fleet = join(dir, 'fleet.yaml');
  writeFileSync(fleet, fleetYaml(lab.clusters));
  const flags = ['--config', fleet, '--listen', ADDRESS];
  const [command, args] = inNamespace(FABRIC, process.execPath, [CATAMARAN, 'run', ...flags]);
  const logFile = join(dir, 'catamaran.log');
  const controller = await startComponent({ name: 'catamaran', command, args, logFile });
  const end = Date.now() + READY_TIMEOUT_MS;
  try {
    while (!(await isReady(lab))) {
      const exit = controller.exit();
      if (exit !== undefined) throw new ComponentError(`exited with ${exit} while starting`, controller.spec);
      if (Date.now() > end) throw new ComponentError('was not ready in time', controller.spec);
      await delay(100, undefined, { signal });
    }
    return controller;
  } catch (error) {
    await controller.stop('SIGKILL', 0);
    throw error;
  }
}

async function isReady(lab: Lab): Promise<boolean> {
  return await lab.run(process.execPath, ['-e', IS_READY]).then(
    () => true,
    () => false,
  );
}

// JSON is valid YAML. The suite exports labels and annotations.
function fleetYaml(clusters: readonly LabCluster[]): string {
  return JSON.stringify({
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    spec: {
      import: { mode: 'Automatic' },
      exportedLabels: { allow: ['dummy-*'] },
      exportedAnnotations: { allow: ['dummy-*'] },
      members: clusters.map(({ name, kubeconfig, podCIDRs, serviceCIDRs, nodeCIDRs }) => ({
        name,
        kubeconfig,
        podCIDRs,
        serviceCIDRs,
        nodeCIDRs,
      })),
    },
  });
}

/** Installs the CRDs, and configures CoreDNS for clusterset.local, with the required permissions. */
async function prepare(lab: Lab, cluster: LabCluster, crds: string, signal: AbortSignal): Promise<void> {
  const kubectl = (args: readonly string[], input = ''): Promise<string> =>
    lab.run(findBinary('kubectl'), ['--kubeconfig', cluster.kubeconfig, ...args], { input, signal });
  await kubectl(['apply', '-f', '-'], crds);
  await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  const dns = ['-n', 'kube-system'];
  const corefile = await kubectl([...dns, 'get', 'configmap', 'coredns', '-o', 'jsonpath={.data.Corefile}']);
  if (corefile.includes('multicluster clusterset.local')) return;
  const rule = { apiGroups: ['multicluster.x-k8s.io'], resources: ['serviceimports'], verbs: ['list', 'watch'] };
  const allow = JSON.stringify([{ op: 'add', path: '/rules/-', value: rule }]);
  await kubectl(['patch', 'clusterrole', 'system:coredns', '--type=json', '-p', allow]);
  const changed = corefile.replace(
    /^(\s*)kubernetes cluster\.local (.*)$/m,
    '$1kubernetes cluster.local clusterset.local $2\n$1   multicluster clusterset.local',
  );
  await kubectl([...dns, 'patch', 'configmap', 'coredns', '-p', JSON.stringify({ data: { Corefile: changed } })]);
  await kubectl([...dns, 'rollout', 'restart', 'deployment/coredns']);
  await kubectl([...dns, 'rollout', 'status', 'deployment/coredns', '--timeout=120s']);
}
