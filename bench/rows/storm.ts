/** Events that concern the whole fleet: a reload of the fleet file, and a member that is silent for a while. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { total } from '../harness/audit.ts';
import { type Bench, type Controller, startOver } from '../harness/controller.ts';
import { longestBlock, tickerOptions } from '../harness/loop-blocks.ts';
import { type PausableProxy, startPausableProxy } from '../harness/pausable-proxy.ts';
import { type MemberServers, startServers } from '../members/server-process.ts';
import type { MembersShape } from '../members/shape.ts';
import { type Figure, figure } from '../report/figures.ts';
import type { Log, Scale } from './scale.ts';

const READY_MS = 300_000;
const SETTLE_MS = 1_800_000;
/** How long the member is silent: longer than it takes to lose its Lease, and to count as unreachable. */
const SILENT_MS = 25_000;
/** Time for the consequences of an event, in ms. */
const AFTER_MS = 20_000;
/** Busy processes beside the controller, and its niceness among them. */
const LOAD = 6;
const NICENESS = 10;
const BLOCK_MS = 50;

/** What happened during an event. */
interface Consequences {
  /** The longest block of the event loop of the controller, in ms of its CPU time. */
  readonly block: number;
  /** The longest block in ms of time, which includes that of other processes on the same core. */
  readonly passed: number;
  /** Leases lost, except that of the silent member. */
  readonly lost: number;
  readonly writes: number;
}

export async function storm(bench: Bench, { storm: shape }: Scale, log: Log): Promise<readonly Figure[]> {
  log(`starting ${shape.members} clusters that share ${shape.names} names`);
  const servers = await startServers(bench, shape);
  const [first, ...others] = servers.members;
  if (!first) throw new Error('no members');
  const proxy = await startPausableProxy(first.access.server);
  const ticks = join(bench.dir, 'ticks');
  const members = [{ ...first, access: { ...first.access, server: proxy.server } }, ...others];
  try {
    await servers.fill();
    const controller = await startOver(bench, members, READY_MS, tickerOptions(ticks));
    try {
      const settledMs = await controller.settled(SETTLE_MS);
      log(`in sync after ${(settledMs / 1_000).toFixed(0)} s`);
      return await measure({ bench, shape, servers, proxy, controller, ticks, log });
    } finally {
      await controller.stop('SIGTERM');
    }
  } finally {
    await proxy.close();
    await servers.stop();
  }
}

interface Storm {
  readonly bench: Bench;
  readonly shape: MembersShape;
  readonly servers: MemberServers;
  readonly proxy: PausableProxy;
  readonly controller: Controller;
  readonly ticks: string;
  readonly log: Log;
}

async function measure(storm: Storm): Promise<readonly Figure[]> {
  const { shape, controller, bench } = storm;
  const idle = await events(storm, 'idle');
  const load = Array.from({ length: LOAD }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  setPriority(controller.pid, NICENESS);
  try {
    await delay(AFTER_MS, undefined, { signal: bench.signal });
    const busy = await events(storm, 'busy');
    const fleet = `${shape.members} members share ${shape.names} names`;
    return [...figures(`${fleet}, idle`, idle), ...figures(`${fleet}, nice ${NICENESS} beside load ${LOAD}`, busy)];
  } finally {
    setPriority(controller.pid, 0);
    for (const each of load) stop(each);
  }
}

function stop(child: ChildProcess): void {
  child.kill('SIGKILL');
}

interface Events {
  readonly reload: Consequences;
  readonly silence: Consequences;
}

async function events(storm: Storm, state: string): Promise<Events> {
  const { controller, proxy, bench, log } = storm;
  const reload = await during(storm, async () => {
    // No member has the namespace.
    await controller.reconfigure({ namespaces: [{ name: `unused-${state}`, import: { mode: 'Manual' } }] });
  });
  log(`${state}: reload: ${describe(reload)}`);
  const silence = await during(storm, async () => {
    proxy.pause();
    await delay(SILENT_MS, undefined, { signal: bench.signal });
    proxy.resume();
  });
  log(`${state}: silence: ${describe(silence)}`);
  return { reload, silence };
}

/** Measures an event and what follows. */
async function during({ bench, servers, controller, ticks }: Storm, event: () => Promise<void>): Promise<Consequences> {
  const startedAt = Date.now();
  const [changes, lines, written] = [
    await servers.changes(),
    (await controller.log()).length,
    total(await controller.writes()),
  ];
  await event();
  await delay(AFTER_MS, undefined, { signal: bench.signal });
  const { used, passed } = await longestBlock(ticks, startedAt);
  const lost = (await controller.log())
    .slice(lines)
    .filter((line) => line.includes('lease lost') && !line.includes('"cluster1"'));
  return {
    block: used,
    passed,
    lost: lost.length,
    writes: Math.max((await servers.changes()) - changes, total(await controller.writes()) - written),
  };
}

function describe({ block, passed, lost, writes }: Consequences): string {
  return `longest block ${block.toFixed(0)} ms of CPU, ${passed.toFixed(0)} ms in all, ${lost} Leases lost, ${writes} writes`;
}

function figures(state: string, { reload, silence }: Events): readonly Figure[] {
  const row = (event: string, { block, passed, lost, writes }: Consequences): readonly Figure[] => [
    figure({
      row: `${state}: ${event}: longest block`,
      unit: 'ms',
      target: { atMost: BLOCK_MS },
      catamaran: block,
      baseline: null,
      note: `CPU time of the event loop between two ticks; ${passed.toFixed(0)} ms passed at most, with the time of other processes on its core`,
    }),
    figure({
      row: `${state}: ${event}: Leases lost`,
      unit: 'Leases',
      target: { atMost: 0 },
      catamaran: lost,
      baseline: null,
    }),
    figure({
      row: `${state}: ${event}: writes`,
      unit: 'writes',
      target: { atMost: 0 },
      catamaran: writes,
      baseline: null,
    }),
  ];
  return [...row('reload', reload), ...row(`a member silent for ${SILENT_MS / 1_000} s`, silence)];
}
