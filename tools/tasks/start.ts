/**
 * `make start`: runs clusters, controller and walkthroughs until Ctrl-C or `make stop`. CLUSTERS=n sets the number of
 * sandbox clusters, CLUSTERS=real or real:n starts real control planes, CLUSTERS=lab uses those of `make lab`. DETACH=1
 * returns when everything is ready and leaves a process running that owns the clusters.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX_CLUSTERS as MOST_IN_SANDBOX } from 'kubesim';
import { MAX_CLUSTERS } from '../controlplane/networks.ts';
import { enterFabric, isInFabric } from '../lab/session.ts';
import { shown } from '../paths.ts';
import type { Clusters } from '../start/clusters.ts';
import { type Audience, hold } from '../start/hold.ts';
import { demonstrate } from '../start/sandbox.ts';
import { currentHolder, KUBECONFIG, LOG_DIR } from '../start/state.ts';

/** From the holder to the process that waits for it. */
type Message = { readonly say: string } | { readonly ready: true };

/** The value of CLUSTERS: a number of sandbox clusters, real control planes, or the lab. */
type Wanted = { readonly sandbox: number } | { readonly real: Clusters };

function wantedOf(text: string | undefined): Wanted {
  if (text === 'lab') return { real: text };
  const [, real, digits] = /^(real(?::|$))?(\d*)$/.exec(text ?? '') ?? [];
  const most = real === undefined ? MOST_IN_SANDBOX : MAX_CLUSTERS;
  const count = Number(digits || 2);
  if (digits === undefined || count < 2 || count > most) {
    const wanted = `a number from 2 to ${MOST_IN_SANDBOX}, real, real:n with n from 2 to ${MAX_CLUSTERS}, or lab`;
    throw new Error(`CLUSTERS is ${JSON.stringify(text)}; allowed: ${wanted}`);
  }
  return real === undefined ? { sandbox: count } : { real: count };
}

function stopSignal(): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort());
  return controller;
}

/** Owns the clusters for a waiting process, and stops if that process exits before they are ready. */
async function holdFor(clusters: Clusters): Promise<number> {
  const stop = stopSignal();
  const giveUp = (): void => stop.abort();
  process.once('disconnect', giveUp);
  const audience: Audience = {
    say(line) {
      if (process.connected) process.send?.({ say: line } satisfies Message);
      else if (existsSync(LOG_DIR)) appendFileSync(join(LOG_DIR, 'start.log'), `${line}\n`);
    },
    ready() {
      process.off('disconnect', giveUp);
      process.send?.({ ready: true } satisfies Message, () => process.disconnect());
    },
  };
  try {
    return await hold(clusters, audience, stop.signal);
  } finally {
    // The listener would keep this process alive.
    process.off('disconnect', giveUp);
  }
}

/** Starts a holder and waits until it is ready or has failed. */
async function detach(): Promise<number> {
  const holder = spawn(process.execPath, [fileURLToPath(import.meta.url), '--hold'], {
    detached: true,
    // No inherited output: a reader of this process's output would wait until the holder exits.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  stopSignal().signal.addEventListener('abort', () => holder.kill('SIGTERM'));
  return await new Promise<number>((resolve) => {
    holder.on('message', (message: Message) => {
      if ('say' in message) {
        console.log(message.say);
        return;
      }
      console.log('\nRunning until `make stop`.');
      holder.unref();
      resolve(0);
    });
    holder.once('exit', (code) => resolve(code ?? 1));
  });
}

async function main(): Promise<number> {
  const wanted = wantedOf(process.env.CLUSTERS);
  const detached = Boolean(process.env.DETACH && process.env.DETACH !== '0');
  if ('sandbox' in wanted) return await demonstrate(wanted.sandbox, detached, stopSignal().signal);
  const clusters = wanted.real;
  if (clusters === 'lab' && !isInFabric()) return await enterFabric(process.execPath, process.argv.slice(1));
  if (process.argv.includes('--hold')) return await holdFor(clusters);
  const holder = currentHolder();
  if (holder) {
    console.error(
      `clusters are already running (process ${holder.pid}), with kubeconfig ${shown(KUBECONFIG)}; stop them with \`make stop\``,
    );
    return 1;
  }
  if (detached) return await detach();
  const untilStopped: Audience = {
    say: (line) => console.log(line),
    ready: () => console.log('\nRunning until Ctrl-C or `make stop`.'),
  };
  return await hold(clusters, untilStopped, stopSignal().signal);
}

try {
  process.exitCode = await main();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  if (process.connected) process.send?.({ say: text } satisfies Message);
  else console.error(text);
  process.exitCode = 1;
}
