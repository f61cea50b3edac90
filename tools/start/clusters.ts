/** The steps of `make start`: clusters, controller and walkthroughs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { type Component, ComponentError, run, startComponent } from '../controlplane/component.ts';
import { startControlPlanes } from '../controlplane/index.ts';
import { kubeconfig } from '../controlplane/kubeconfig.ts';
import { freePort, isFree } from '../controlplane/ports.ts';
import { labUp } from '../lab/index.ts';
import { ROOT, STATE_DIR, shown } from '../paths.ts';
import { type DemoCluster, fleetYaml } from './fleet.ts';
import { kubectlWith } from './kubectl.ts';
import { KUBECONFIG, LOG_DIR } from './state.ts';
import { fakeVolumes } from './volumes.ts';
import { applyWalkthroughs, SHOWN, waitForWalkthroughs } from './walkthroughs.ts';

const CATAMARAN = join(ROOT, 'dist', 'catamaran.js');
const FLEET = join(STATE_DIR, 'fleet.yaml');
const LOG = join(LOG_DIR, 'catamaran.log');
const DEFAULT_PORT = 9470;
const CONSOLE_PORT = 9480;
const READY_TIMEOUT_MS = 120_000;

export interface Demo {
  readonly controllerUrl: string;
  /** Resolves when the controller exits, with a message for the user. */
  readonly failed: Promise<string>;
}

export interface DemoHooks {
  /** Called when a step is complete. */
  step(line: string): void;
  /** Called with output of kubectl. */
  show(text: string): void;
  /** Registers a cleanup, which must run before those registered earlier. */
  defer(stop: () => Promise<void>): void;
}

/** The number of control planes to start, or the running lab. */
export type Clusters = number | 'lab';

/** Resolves when everything is ready. Cleanups are registered with `defer`, even if it rejects. */
export async function startDemo(wanted: Clusters, hooks: DemoHooks, signal: AbortSignal): Promise<Demo> {
  const { step, show, defer } = hooks;
  const clusters = wanted === 'lab' ? await useLab(hooks, signal) : await startClusters(wanted, hooks, signal);
  const access = clusters.map(({ name, server, caFile, token }) => ({ name, server, token, ca: readFileSync(caFile) }));
  writeFileSync(KUBECONFIG, kubeconfig(access), { mode: 0o600 });
  writeFileSync(FLEET, fleetYaml(clusters));
  const port = (await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : await freePort();
  const consolePort = (await isFree(CONSOLE_PORT)) ? CONSOLE_PORT : await freePort();
  const controllerUrl = `http://127.0.0.1:${port}`;
  const controller = await startComponent({
    name: 'catamaran',
    command: process.execPath,
    args: [
      ...[CATAMARAN, 'run', '--config', FLEET, '--listen', `127.0.0.1:${port}`, '--kubeconfig-trust', 'user'],
      ...['--console', `127.0.0.1:${consolePort}`, '--console-login', 'code', '--console-write'],
    ],
    logFile: LOG,
  });
  defer(() => controller.stop('SIGTERM', 10_000));
  await untilReady(controller, controllerUrl, signal);
  step(`catamaran run --config ${shown(FLEET)}: ready, metrics at ${controllerUrl}/metrics`);

  const kubectl = kubectlWith(signal);
  await applyWalkthroughs(kubectl);
  step('applied examples/ack-cli, examples/ack-headless, examples/cilium-mcsapi');
  await waitForWalkthroughs(kubectl, READY_TIMEOUT_MS, signal);
  step('amcs-service1, amcs-mysql and rebel-base are imported, with endpoints of the other cluster');
  for (const [context, ...args] of SHOWN) {
    const output = await kubectl(context, args);
    show(`\n$ kubectl --context ${context} ${args.join(' ')}\n${output.trimEnd()}`);
  }
  const address = /^http:\S+\?code=\S+$/m.exec(readFileSync(LOG, 'utf8'))?.[0];
  show(`\nConsole, in a browser; the address works once:\n  ${address}`);
  const failed = controller.ended.then((how) => new ComponentError(`exited with ${how}`, controller.spec).message);
  return { controllerUrl, failed };
}

async function startClusters(
  count: number,
  { step, defer }: DemoHooks,
  signal: AbortSignal,
): Promise<readonly DemoCluster[]> {
  const planes = await startControlPlanes({
    count,
    dir: STATE_DIR,
    kwok: true,
    signal,
    async onApiServer(plane) {
      await installCRDs(plane, signal);
      const kubectl = kubectlWith(signal, plane.kubeconfig);
      await kubectl(plane.context, ['apply', '-f', '-'], JSON.stringify(fakeVolumes()));
    },
  });
  defer(async () => {
    await Promise.all(planes.map((plane) => plane.stop()));
  });
  step(`${planes.map((plane) => plane.name).join(', ')}: API servers, controllers, two fake nodes each; CRDs`);
  return planes;
}

/** The clusters of the lab, which outlive the demo. */
async function useLab({ step }: DemoHooks, signal: AbortSignal): Promise<readonly DemoCluster[]> {
  const { clusters } = await labUp({ clusters: 2, signal });
  await Promise.all(clusters.map((cluster) => installCRDs(cluster, signal)));
  step(`${clusters.map(({ name }) => name).join(', ')} of the lab: CRDs`);
  return clusters;
}

async function installCRDs(cluster: { kubeconfig: string; context: string }, signal: AbortSignal): Promise<void> {
  const crds = await run(process.execPath, [CATAMARAN, 'crds'], { signal });
  const kubectl = kubectlWith(signal, cluster.kubeconfig);
  await kubectl(cluster.context, ['apply', '-f', '-'], crds);
  await kubectl(cluster.context, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
}

async function untilReady(controller: Component, url: string, signal: AbortSignal): Promise<void> {
  const end = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const exit = controller.exit();
    if (exit !== undefined) throw new ComponentError(`exited with ${exit} while starting`, controller.spec);
    if (await isReady(`${url}/readyz`)) return;
    if (Date.now() > end)
      throw new ComponentError(`was not ready within ${READY_TIMEOUT_MS / 1000} s`, controller.spec);
    await delay(100, undefined, { signal });
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await request(url, { headersTimeout: 5_000 });
    await response.body.dump();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}
