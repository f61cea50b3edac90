/** A hundred members: what each costs the controller in memory, and what it takes to bring them in sync. */
import { setTimeout as delay } from 'node:timers/promises';
import { describeWrites, total } from '../harness/audit.ts';
import { type Bench, startOver } from '../harness/controller.ts';
import { memoryUsage } from '../harness/process-usage.ts';
import { type MemberServers, startServers } from '../members/server-process.ts';
import type { MembersShape } from '../members/shape.ts';
import { type Figure, figure, reported } from '../report/figures.ts';
import { median } from '../report/statistics.ts';
import type { Say, Scale } from './scale.ts';

const READY_MS = 300_000;
const SETTLE_MS = 1_800_000;
/** After this long without a change what is left in memory is what has to be there, in ms. */
const REST_MS = 20_000;
const SAMPLES = 10;
const SAMPLE_MS = 500;

/**
 * The members are clusters of the sandbox, in a process of their own. They come in groups that share a namespace: each
 * imported name has a slice from every member of the group in every member of it.
 */
export async function members(bench: Bench, scale: Scale, say: Say): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const shape of scale.fleets) figures.push(...(await measure(bench, shape, say)));
  return figures;
}

async function measure(bench: Bench, shape: MembersShape, say: Say): Promise<readonly Figure[]> {
  const { members, group, services, exported, imported, endpoints } = shape;
  say(`starting ${members} clusters of ${services} Services and ${endpoints.toLocaleString('en')} endpoints`);
  const servers = await startServers(bench, shape);
  try {
    const idle = await idleMemory(bench, servers);
    say(`a controller with one empty member: ${megabytes(idle)}`);
    await servers.fill();
    say(`filled, API servers: ${megabytes(await memoryOf(servers.pid))}`);

    const synced = await inSync(bench, servers, idle, shape);
    say(`from empty: ${describe(synced)}; ${synced.written}; API servers: ${megabytes(await memoryOf(servers.pid))}`);
    const restarted = await inSync(bench, servers, idle, shape);
    say(`restart: ${describe(restarted)}; ${restarted.written}`);

    const name = `${members} members of ${services} Services / ${endpoints.toLocaleString('en')} endpoints`;
    const row = `${name}, ${exported} exported`;
    const rate = Math.round(synced.writes / synced.settledSeconds);
    return [
      figure({
        row: `${row}: memory a member`,
        unit: 'MB',
        target: { atMost: 25 },
        ours: Math.max(synced.megabytesAMember, restarted.megabytesAMember),
        baseline: null,
        note:
          `RSS less that with one empty member (${megabytes(idle)}); groups of ${group} share names: ${imported} imported by each, ` +
          `with ${imported * group} derived slices; ` +
          `${synced.megabytesAMember.toFixed(1)} MB after the sync from empty, ` +
          `${restarted.megabytesAMember.toFixed(1)} MB after a restart`,
      }),
      reported({
        row: `${row}: sync from empty`,
        unit: 's',
        ours: synced.settledSeconds,
        baseline: null,
        note: `${synced.writes.toLocaleString('en')} writes, ${rate.toLocaleString('en')} a second, to the sandbox's API servers in one process`,
      }),
      reported({ row: `${row}: restart, ready`, unit: 's', ours: restarted.readySeconds, baseline: null }),
      figure({
        row: `${row}: restart, writes`,
        unit: 'writes',
        target: { atMost: 0 },
        ours: restarted.writes,
        baseline: null,
      }),
    ];
  } finally {
    await servers.stop();
  }
}

/** What one controller came to. */
interface InSync {
  readonly readySeconds: number;
  readonly settledSeconds: number;
  readonly writes: number;
  /** What was written. */
  readonly written: string;
  readonly megabytesAMember: number;
}

/** Runs a controller until nothing is left to do. */
async function inSync(bench: Bench, servers: MemberServers, idle: number, { members }: MembersShape): Promise<InSync> {
  const before = await servers.changes();
  const controller = await startOver(bench, servers.members, READY_MS);
  try {
    const settledMs = await controller.settled(SETTLE_MS);
    const changes = (await servers.changes()) - before;
    await delay(REST_MS, undefined, { signal: bench.signal });
    const writes = await controller.writes();
    return {
      readySeconds: controller.readyMs / 1_000,
      settledSeconds: settledMs / 1_000,
      writes: Math.max(changes, total(writes)),
      written: describeWrites(writes),
      megabytesAMember: ((await memoryOf(controller.pid)) - idle) / members / 1e6,
    };
  } finally {
    await controller.stop('SIGTERM');
  }
}

function describe({ readySeconds, settledSeconds, writes, megabytesAMember }: InSync): string {
  return (
    `ready after ${readySeconds.toFixed(1)} s, in sync after ${settledSeconds.toFixed(1)} s and ` +
    `${writes.toLocaleString('en')} writes; ${megabytesAMember.toFixed(1)} MB a member`
  );
}

/** Memory of a controller that has nothing to do. */
async function idleMemory(bench: Bench, { members: [first] }: MemberServers): Promise<number> {
  if (!first) throw new Error('no members');
  const controller = await startOver(bench, [first], READY_MS);
  try {
    await controller.settled();
    return await memoryOf(controller.pid);
  } finally {
    await controller.stop('SIGTERM');
  }
}

/** Resident memory of a process, in bytes: the median of some looks. */
async function memoryOf(pid: number): Promise<number> {
  const samples: number[] = [];
  for (let look = 0; look < SAMPLES; look++) {
    if (look > 0) await delay(SAMPLE_MS);
    samples.push((await memoryUsage(pid)).resident);
  }
  return median(samples);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
