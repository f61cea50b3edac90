/** Runs `catamaran run` as users do, in its own process. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { type Component, ComponentError, startComponent } from '../../tools/controlplane/component.ts';
import { type ClusterAccess, kubeconfig } from '../../tools/controlplane/kubeconfig.ts';
import { freePort } from '../../tools/controlplane/ports.ts';
import type { Writes } from './audit.ts';
import type { Side, TestBed } from './test-bed.ts';

export interface ControllerOptions {
  /** The source cluster imports, too, so each change is written to two clusters. Default: only the consumer imports. */
  readonly everywhere?: boolean | undefined;
  /** URL of a proxy in front of the consumer's API server. */
  readonly consumerServer?: string | undefined;
  /** Serves the console, too. */
  readonly console?: boolean | undefined;
}

/** The environment of measured processes. */
export type Bench = Pick<TestBed, 'dir' | 'script' | 'profiles' | 'signal'>;

export interface Controller {
  readonly pid: number;
  /** From process start until /readyz returned 200, in ms. */
  readonly readyMs: number;
  /**
   * Waits until the queue has been empty for a second, at most `timeoutMs`. Returns when it became empty, in ms since
   * process start.
   */
  settled(timeoutMs?: number): Promise<number>;
  /** Writes sent so far, by operation and result; excludes Leases and Events. */
  writes(): Promise<Writes>;
  /** Rewrites the fleet file with more fields of its spec; the controller reads it within two seconds. */
  reconfigure(spec: object): Promise<void>;
  /** Address of its console, which works once. */
  consoleUrl(): Promise<string>;
  /** Lines of the log so far. */
  log(): Promise<readonly string[]>;
  /** SIGTERM lets it release its Leases. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const SETTLE_TIMEOUT_MS = 120_000;
const POLL_MS = 20;
/** The same for metrics, which cost the controller more than a probe. */
const METRICS_POLL_MS = 250;
/** Time after which an empty queue counts as settled, in ms. */
const CALM_MS = 1_000;

const WRITES = /^catamaran_writes_total\{.*resource="(\w+)",op="(\w+)",result="(\w+)"\} (\d+)$/gm;

let serial = 0;

/** Starts a controller for the two clusters and waits until it is ready. */
export async function startController(testBed: TestBed, options: ControllerOptions = {}): Promise<Controller> {
  const name = `catamaran-${++serial}`;
  const console = options.console ? ['--console', `127.0.0.1:${await freePort()}`, '--console-login', 'code'] : [];
  return run(testBed, name, await membersOf(testBed, name, options), READY_TIMEOUT_MS, [], console);
}

/** A member of fleet.yaml, and its credentials. */
export interface MemberAccess {
  readonly access: ClusterAccess;
  readonly fields: object;
}

/** Starts a controller for any clusters and waits until it is ready. */
export async function startOver(
  bench: Bench,
  members: readonly MemberAccess[],
  readyTimeoutMs: number,
  nodeOptions: readonly string[] = [],
): Promise<Controller> {
  const name = `catamaran-${++serial}`;
  const written = members.map(({ access, fields }) => memberOf(bench, name, access, fields));
  return run(bench, name, await Promise.all(written), readyTimeoutMs, nodeOptions);
}

async function run(
  bench: Bench,
  name: string,
  members: readonly object[],
  readyTimeoutMs: number,
  nodeOptions: readonly string[] = [],
  more: readonly string[] = [],
): Promise<Controller> {
  const fleet = join(bench.dir, `${name}.yaml`);
  const reconfigure = (spec: object): Promise<void> =>
    writeFile(
      fleet,
      JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { ...spec, members } }),
    );
  await reconfigure({});
  const logFile = join(bench.dir, 'logs', `${name}.log`);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const profile = bench.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${bench.profiles}`];
  const startedAt = performance.now();
  const component = await startComponent({
    name,
    command: process.execPath,
    args: [
      ...[...profile, ...nodeOptions, bench.script, 'run', '--config', fleet, '--listen', `127.0.0.1:${port}`],
      ...more,
    ],
    logFile,
  });
  const stop = (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => component.stop(signal, 15_000);
  try {
    await until(
      bench,
      component,
      readyTimeoutMs,
      'ready',
      POLL_MS,
      async () => (await read(`${url}/readyz`)) !== undefined,
    );
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
  const readyMs = performance.now() - startedAt;
  return {
    pid: component.pid,
    readyMs,
    async settled(timeoutMs = SETTLE_TIMEOUT_MS) {
      let calmSince: number | undefined;
      await until(bench, component, timeoutMs, 'settled', METRICS_POLL_MS, async () => {
        if (!isCalm(await read(`${url}/metrics`), members.length)) calmSince = undefined;
        else calmSince ??= performance.now();
        return calmSince !== undefined && performance.now() - calmSince > CALM_MS;
      });
      return (calmSince ?? Number.NaN) - startedAt;
    },
    async writes() {
      const counts: Record<string, number> = {};
      const series = (await read(`${url}/metrics`))?.matchAll(WRITES) ?? [];
      for (const [, resource, op, result, count] of series) {
        // Denied writes are not sent, since the Lease is not held.
        if (result === 'denied') continue;
        const what = `${op} ${resource}${result === 'ok' ? '' : ` (${result})`}`;
        counts[what] = (counts[what] ?? 0) + Number(count);
      }
      return counts;
    },
    reconfigure,
    consoleUrl: async () => {
      const [url] = /^http:\S+\?code=\S+$/m.exec(await readFile(logFile, 'utf8')) ?? [];
      if (url === undefined) throw new ComponentError('printed no address of its console', component.spec);
      return url;
    },
    log: async () => (await readFile(logFile, 'utf8')).split('\n'),
    stop,
  };
}

/** Runs a controller during `work`. */
export async function withController<T>(
  testBed: TestBed,
  options: ControllerOptions,
  work: (controller: Controller) => Promise<T>,
): Promise<T> {
  const controller = await startController(testBed, options);
  try {
    return await work(controller);
  } finally {
    await controller.stop('SIGTERM');
  }
}

async function membersOf(
  testBed: TestBed,
  name: string,
  { everywhere, consumerServer }: ControllerOptions,
): Promise<readonly object[]> {
  const member = ({ plane, access }: Side, server: string, mode: 'Automatic' | 'Manual'): Promise<object> => {
    const { podCIDRs, serviceCIDRs } = plane;
    const one = { name: plane.name, server, ca: Buffer.from(access.ca), token: access.token };
    // No EndpointSlice controller runs beside the API servers.
    return memberOf(testBed, name, one, { podCIDRs, serviceCIDRs, slices: 'Any', import: { mode } });
  };
  const { source, consumer } = testBed;
  return [
    await member(source, source.plane.server, everywhere ? 'Automatic' : 'Manual'),
    await member(consumer, consumerServer ?? consumer.plane.server, 'Automatic'),
  ];
}

/** Writes the kubeconfig of a member and returns its entry in fleet.yaml. */
async function memberOf({ dir }: Bench, name: string, access: ClusterAccess, fields: object): Promise<object> {
  const file = `${name}.${access.name}.kubeconfig`;
  await writeFile(join(dir, file), kubeconfig([access]), { mode: 0o600 });
  return { name: access.name, kubeconfig: file, ...fields };
}

/** All Leases are held and all members ready, and the queue is empty. */
function isCalm(metrics: string | undefined, members: number): boolean {
  if (metrics === undefined) return false;
  const value = (series: string): string | undefined => metrics.split(`\n${series} `)[1]?.split('\n')[0];
  return (
    value('catamaran_leases_held') === `${members}` &&
    value('catamaran_members{state="ready"}') === `${members}` &&
    value('catamaran_queue_depth{state="active"}') === '0' &&
    value('catamaran_queue_depth{state="retrying"}') === '0'
  );
}

/** The body of a 200 response; undefined otherwise. */
async function read(url: string): Promise<string | undefined> {
  try {
    const answer = await request(url, { headersTimeout: 5_000 });
    const text = await answer.body.text();
    return answer.statusCode === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}

async function until(
  bench: Bench,
  component: Component,
  timeoutMs: number,
  state: string,
  pollMs: number,
  reached: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await reached())) {
    const exit = component.exit();
    if (exit !== undefined) throw new ComponentError(`exited with ${exit}`, component.spec);
    if (performance.now() > end)
      throw new ComponentError(`is not ${state} after ${timeoutMs / 1_000} s`, component.spec);
    await delay(pollMs, undefined, { signal: bench.signal });
  }
}
