/** The product as a user runs it: `catamaran run`, in a process of its own. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { type Component, ComponentError, startComponent } from '../tools/controlplane/component.ts';
import { kubeconfig } from '../tools/controlplane/kubeconfig.ts';
import { freePort } from '../tools/controlplane/ports.ts';
import type { Lab, Side } from './lab.ts';

/** How it is to run. */
export interface ControllerOptions {
  /** The source's cluster imports as well, so each change is written in two clusters. Default: the consumer only. */
  readonly everywhere?: boolean | undefined;
  /** URL in front of the consumer's API server. */
  readonly consumerServer?: string | undefined;
}

/** A running controller. */
export interface Controller {
  /** From the start of the process until /readyz said ok, in ms. */
  readonly readyMs: number;
  /** Waits until nothing has been queued for a while; gives when that began, in ms since the start of the process. */
  settled(): Promise<number>;
  /** SIGTERM lets it give its Leases back and end by itself. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const SETTLE_TIMEOUT_MS = 120_000;
const POLL_MS = 20;
/** A queue that was empty this long has nothing more to do, in ms. */
const CALM_MS = 1_000;

let serial = 0;

/** Starts it and waits until it is ready. */
export async function startController(lab: Lab, options: ControllerOptions = {}): Promise<Controller> {
  const name = `catamaran-${++serial}`;
  const fleet = join(lab.dir, `${name}.yaml`);
  await writeFile(fleet, JSON.stringify(await fleetOf(lab, name, options)));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const profile = lab.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${lab.profiles}`];
  const startedAt = performance.now();
  const component = await startComponent({
    name,
    command: process.execPath,
    args: [...profile, lab.script, 'run', '--config', fleet, '--listen', `127.0.0.1:${port}`],
    logFile: join(lab.dir, 'logs', `${name}.log`),
  });
  const stop = (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => component.stop(signal, 15_000);
  try {
    await until(lab, component, READY_TIMEOUT_MS, 'ready', async () => (await read(`${url}/readyz`)) !== undefined);
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
  const readyMs = performance.now() - startedAt;
  return {
    readyMs,
    async settled() {
      let calmSince: number | undefined;
      await until(lab, component, SETTLE_TIMEOUT_MS, 'settled', async () => {
        if (!isCalm(await read(`${url}/metrics`))) calmSince = undefined;
        else calmSince ??= performance.now();
        return calmSince !== undefined && performance.now() - calmSince > CALM_MS;
      });
      return (calmSince ?? Number.NaN) - startedAt;
    },
    stop,
  };
}

/** Runs a controller for the time of `work`. */
export async function withController<T>(
  lab: Lab,
  options: ControllerOptions,
  work: (controller: Controller) => Promise<T>,
): Promise<T> {
  const controller = await startController(lab, options);
  try {
    return await work(controller);
  } finally {
    await controller.stop('SIGTERM');
  }
}

async function fleetOf(lab: Lab, name: string, { everywhere, consumerServer }: ControllerOptions): Promise<object> {
  const member = async (side: Side, server: string, mode: 'Automatic' | 'Manual'): Promise<object> => {
    const { plane, access } = side;
    const file = `${name}.${plane.name}.kubeconfig`;
    const one = { name: plane.name, server, ca: Buffer.from(access.ca), token: access.token };
    await writeFile(join(lab.dir, file), kubeconfig([one]), { mode: 0o600 });
    const { podCIDRs, serviceCIDRs } = plane;
    return { name: plane.name, kubeconfig: file, podCIDRs, serviceCIDRs, import: { mode } };
  };
  const { source, consumer } = lab;
  const members = [
    await member(source, source.plane.server, everywhere ? 'Automatic' : 'Manual'),
    await member(consumer, consumerServer ?? consumer.plane.server, 'Automatic'),
  ];
  return { apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec: { members } };
}

/** Both Leases are held, so work has been looked for, and none is left. */
function isCalm(metrics: string | undefined): boolean {
  if (metrics === undefined) return false;
  const value = (series: string): string | undefined => metrics.split(`\n${series} `)[1]?.split('\n')[0];
  return (
    value('catamaran_leases_held') === '2' &&
    value('catamaran_members{state="ready"}') === '2' &&
    value('catamaran_queue_depth{state="active"}') === '0' &&
    value('catamaran_queue_depth{state="retrying"}') === '0'
  );
}

/** The body of an answer with status 200. */
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
  lab: Lab,
  component: Component,
  timeoutMs: number,
  what: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isSo())) {
    const exit = component.exit();
    if (exit !== undefined) throw new ComponentError(`ended with ${exit}`, component.spec);
    if (performance.now() > end)
      throw new ComponentError(`is not ${what} after ${timeoutMs / 1_000} s`, component.spec);
    await delay(POLL_MS, undefined, { signal: lab.signal });
  }
}
