/** The servers to compare, each in its own process on one core. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { type Component, ComponentError, startComponent } from '../../tools/controlplane/component.ts';
import { multiclusterPlugins } from '../../tools/controlplane/coredns.ts';
import { freePort } from '../../tools/controlplane/ports.ts';
import { cpuSeconds, type MemoryUsage, memoryUsage } from '../harness/process-usage.ts';
import { openAsker } from './asker.ts';
import { onCore } from './cores.ts';
import { clusterSetIP, domainOf, type Service } from './objects.ts';

export const SERVERS = ['catamaran', 'coredns', 'coredns-cache', 'echo'] as const;
export type ServerName = (typeof SERVERS)[number];

/** The environment of all servers. */
export interface Place {
  readonly kubeconfig: string;
  readonly context: string;
  /** For logs and configuration files. */
  readonly dir: string;
  /** Core of the server; undefined with fewer than two cores. */
  readonly core: number | undefined;
  /** Script to run as `catamaran`. */
  readonly script: string;
  /** Folder for CPU profiles of `catamaran dns`; undefined for none. */
  readonly profiles: string | undefined;
  /** The last created Service with a clusterset IP: a server that resolves it is ready. */
  readonly witness: Service;
  readonly signal: AbortSignal;
}

export interface Server {
  readonly name: ServerName;
  readonly port: number;
  /** From process start to the first correct response, in ms. */
  readonly readyMs: number;
  memory(): Promise<MemoryUsage>;
  /** CPU time since process start, with a resolution of 10 ms. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 5_000;
const ECHO = fileURLToPath(new URL('echo.ts', import.meta.url));

let serial = 0;

/** Starts a server and waits until it is ready. */
export async function startServer(name: ServerName, place: Place): Promise<Server> {
  const port = await freePort();
  const [command, ...args] = onCore(place.core, await commandOf(name, port, place));
  if (command === undefined) throw new Error('empty command');
  const logFile = join(place.dir, `${name}-${++serial}.log`);
  const startedAt = performance.now();
  const component = await startComponent({ name, command, args, logFile });
  const stop = (): Promise<void> => component.stop('SIGTERM', STOP_GRACE_MS);
  try {
    if (name !== 'echo') await untilReady(component, port, place);
    else await delay(500);
    const readyMs = performance.now() - startedAt;
    const { pid } = component;
    return { name, port, readyMs, memory: () => memoryUsage(pid), cpuSeconds: () => cpuSeconds(pid), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function commandOf(name: ServerName, port: number, place: Place): Promise<readonly string[]> {
  const { kubeconfig, context, script, profiles } = place;
  const profile = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  switch (name) {
    case 'catamaran': {
      const http = `127.0.0.1:${await freePort()}`;
      const options = ['--kubeconfig', kubeconfig, '--context', context, '--http', http];
      // All queries come from one address, which the default rate limit would restrict.
      const listen = ['--listen', `127.0.0.1:${port}`, '--rate-limit', '0'];
      return [process.execPath, ...profile, script, 'dns', ...options, ...listen];
    }
    case 'coredns':
    case 'coredns-cache': {
      const corefile = join(place.dir, `${name}.corefile`);
      const plugins = `errors\n  ${name === 'coredns-cache' ? 'cache 30\n  ' : ''}`;
      const text = `.:${port} {\n  bind 127.0.0.1\n  ${plugins}${multiclusterPlugins(kubeconfig, context)}\n}\n`;
      await writeFile(corefile, text);
      return ['env', 'GOMAXPROCS=1', findBinary('coredns'), '-conf', corefile];
    }
    case 'echo':
      return [process.execPath, ECHO, String(port)];
  }
}

async function untilReady(component: Component, port: number, { witness, signal }: Place): Promise<void> {
  const asker = await openAsker(port);
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  const exited = new AbortController();
  void component.ended.then((how) => exited.abort(new ComponentError(`exited with ${how}`, component.spec)));
  try {
    await asker.untilAnswered(domainOf(witness), clusterSetIP(witness), AbortSignal.any([timeout, exited.signal]));
  } finally {
    await asker.close();
  }
}
