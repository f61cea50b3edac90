/** `catamaran sandbox up`: runs clusters, their network and DNS, and a controller, until stopped. */

import { type Clusters, type ClustersOptions, ListenError, startClusters } from 'kubesim';
import { pino } from 'pino';
import { CRDS } from '../api/crd-manifests.ts';
import type { ImportMode } from '../core/view.ts';
import { systemClock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { createLog } from '../runtime/log.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ProcessContext } from '../runtime/process-context.ts';
import { listenForCommands } from './control-server.ts';
import { startController } from './controller-process.ts';
import { controlsOf, type Running } from './controls.ts';
import { Zones } from './dns-zones.ts';
import { writeFiles } from './files.ts';
import { chosenPort, isFree } from './listen-ports.ts';
import { shown, welcome } from './report.ts';
import { claim, clear, type StateDir } from './state.ts';
import { createStorageClass } from './storage-class.ts';

export interface UpOptions {
  readonly clusters: number;
  readonly import: ImportMode;
  readonly state: StateDir;
  /**
   * Port of the proxy of cluster1; the others use the following ports. Default: 10801, or free ports if one is in use.
   */
  readonly proxyPort?: number;
  /** Port of the controller's /readyz. Default: 9470, or a free port if that is in use. */
  readonly listenPort?: number;
  /** Started by `--detach`: Ctrl-C does not reach it. */
  readonly background?: boolean;
  /** Port of the console. Default: 9480, or a free port if that is in use. */
  readonly consolePort?: number;
}

const USUAL_PROXY_PORT = 10_801;
const USUAL_LISTEN_PORT = 9470;
const USUAL_CONSOLE_PORT = 9480;

/** Runs until the signal aborts or `sandbox down` is called. Afterwards only the logs of a failure remain. */
export async function up(options: UpOptions, context: ProcessContext): Promise<void> {
  const { state } = options;
  const began = systemClock.now();
  const step = (line: string): void => {
    const seconds = ((systemClock.now() - began) / 1000).toFixed(1).padStart(5);
    context.stdout.write(`[${seconds} s] ${line}\n`);
  };
  const down = new AbortController();
  const signal = AbortSignal.any([context.signal, down.signal]);
  await using stack = new AsyncDisposableStack();
  claim(state);
  let failed = true;
  stack.defer(() => clear(state, failed ? 'files' : 'all'));
  try {
    const log = pino.destination({ dest: state.log, sync: true });
    const logger = createLog({ level: context.environment.logLevel, format: 'json', colors: false, destination: log });
    const running = await start(options, { step, logger, stack }, { ...context, signal });
    const controls = controlsOf(running, state, () => down.abort());
    const server = await listenForCommands(controls, state.socket);
    stack.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    const all = await controls.status();
    context.stdout.write(welcome(all, options.import, context.call));
    const end = options.background ? '' : 'Ctrl-C or ';
    context.stdout.write(`\nRunning until ${end}\`${context.call} sandbox down\`.\n`);
    await aborted(signal);
    context.stdout.write('\nstopping\n');
    failed = false;
  } catch (error) {
    // A stop request during startup is not a failure.
    if (!signal.aborted) throw error;
    failed = false;
  }
  await stack.disposeAsync();
  context.stdout.write('stopped; nothing is left behind\n');
}

interface Build {
  step(line: string): void;
  readonly logger: Logger;
  readonly stack: AsyncDisposableStack;
}

async function start(options: UpOptions, { step, logger, stack }: Build, context: ProcessContext): Promise<Running> {
  const { state } = options;
  const zones = new Zones({ clock: systemClock, random: Math.random, logger });
  const sandbox = await opened({
    crds: CRDS,
    clusters: options.clusters,
    clock: systemClock,
    logger,
    proxyPort: await proxyPortOf(options),
    clusterSetZone: (cluster) => zones.of(cluster),
  });
  stack.defer(() => sandbox.close());
  stack.defer(() => zones.close());
  for (const { api } of sandbox.clusters) createStorageClass(api);
  zones.follow(sandbox.clusters);
  for (const line of movedPorts(options, sandbox)) step(line);
  const names = sandbox.clusters.map(({ name }) => name);
  step(
    `${names.length > 6 ? `${names[0]} to ${names.at(-1)}` : names.join(', ')}: API servers, workloads, network, DNS`,
  );
  writeFiles(state, sandbox.clusters, options.import);
  const port = await chosenPort('--listen-port', options.listenPort, USUAL_LISTEN_PORT);
  if (options.listenPort === undefined && port !== USUAL_LISTEN_PORT)
    step(`port ${USUAL_LISTEN_PORT} is in use: the controller listens on ${port}`);
  const consolePort = await chosenPort('--console-port', options.consolePort, USUAL_CONSOLE_PORT);
  const controller = await startController({ state, port, consolePort, clock: systemClock }, context);
  stack.defer(() => controller.stop());
  // A controller that waits for a response stops late.
  stack.defer(() => {
    for (const cluster of sandbox.clusters) cluster.heal();
  });
  step(`catamaran run --config ${shown(state.fleet)}: ready, process ${controller.pid}, ${controller.url}/readyz`);
  return { sandbox, controller, zones };
}

/** @throws CTM_LISTEN if the port of a proxy is in use. */
async function opened(options: ClustersOptions): Promise<Clusters> {
  try {
    return await startClusters(options);
  } catch (error) {
    if (error instanceof ListenError) throw new CatamaranError('CTM_LISTEN', error.message, { cause: error });
    throw error;
  }
}

/** A line if the proxies have other ports than those that documents use. */
function movedPorts({ proxyPort, clusters }: UpOptions, { network }: Clusters): string[] {
  const [first] = network.proxies.values();
  if (proxyPort !== undefined || first === USUAL_PROXY_PORT) return [];
  const usual = `${USUAL_PROXY_PORT} to ${USUAL_PROXY_PORT + clusters - 1}`;
  return [`a port of ${usual} is in use: the proxies have other ports than in the documentation, listed below`];
}

/** First port of the proxies: the requested one, or the usual ones; any free ports if one of those is in use. */
async function proxyPortOf({ proxyPort, clusters }: UpOptions): Promise<number> {
  if (proxyPort !== undefined) return proxyPort;
  const usual = await Promise.all(Array.from({ length: clusters }, (_, i) => isFree(USUAL_PROXY_PORT + i)));
  return usual.every(Boolean) ? USUAL_PROXY_PORT : 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
