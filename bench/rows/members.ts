/** Many members: controller memory per member, and time to sync. */
import { setTimeout as delay } from 'node:timers/promises';
import { describeWrites, total } from '../harness/audit.ts';
import { type Bench, startOver } from '../harness/controller.ts';
import { memoryUsage } from '../harness/process-usage.ts';
import { type MemberServers, startServers } from '../members/server-process.ts';
import type { MembersShape } from '../members/shape.ts';
import { type Figure, figure, type Measured, reported } from '../report/figures.ts';
import { median } from '../report/statistics.ts';
import type { Log, Scale } from './scale.ts';

const READY_MS = 300_000;
const SETTLE_MS = 1_800_000;
/** Idle time after which garbage has been collected, in ms. */
const REST_MS = 20_000;
/** A restart with five hundred members, until it is ready. */
const LARGE_READY_SECONDS = 30;
const SAMPLES = 10;
const SAMPLE_MS = 500;

/**
 * The members are sandbox clusters in a separate process. Members of a group share a namespace: for each imported name,
 * each of them has a slice from every member of the group.
 */
export async function members(bench: Bench, scale: Scale, log: Log): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const shape of scale.fleets) figures.push(...(await measure(bench, shape, log)));
  return figures;
}

/** The largest fleet in one process. */
export function fleet500(bench: Bench, { fleet500: shape }: Scale, log: Log): Promise<readonly Figure[]> {
  return measure(bench, shape, log, LARGE_READY_SECONDS);
}

/** `readySeconds` is the target for a restart (default: none). */
async function measure(bench: Bench, shape: MembersShape, log: Log, readySeconds?: number): Promise<readonly Figure[]> {
  const { members, group, services, exported, imported, endpoints } = shape;
  log(`starting ${members} clusters of ${services} Services and ${endpoints.toLocaleString('en')} endpoints`);
  const servers = await startServers(bench, shape);
  try {
    const idle = await idleMemory(bench, servers);
    log(`controller with one empty member: ${megabytes(idle)}`);
    await servers.fill();
    log(`filled; API servers: ${megabytes(await memoryOfAll(servers))}`);

    const synced = await inSync(bench, servers, idle, shape);
    log(`from empty: ${describe(synced)}; ${synced.written}; API servers: ${megabytes(await memoryOfAll(servers))}`);
    const restarted = await inSync(bench, servers, idle, shape);
    log(`restart: ${describe(restarted)}; ${restarted.written}`);

    const name = `${members} members of ${services} Services / ${endpoints.toLocaleString('en')} endpoints`;
    const row = `${name}, ${exported} exported`;
    const rate = Math.round(synced.writes / synced.settledSeconds);
    return [
      figure({
        row: `${row}: memory per member`,
        unit: 'MB',
        target: { atMost: 25 },
        catamaran: Math.max(synced.megabytesPerMember, restarted.megabytesPerMember),
        baseline: null,
        note:
          `RSS minus that with one empty member (${megabytes(idle)}); groups of ${group} members share names; each imports ` +
          `${imported}, with ${imported * group} derived slices; ` +
          `${synced.megabytesPerMember.toFixed(1)} MB after a sync from empty, ` +
          `${restarted.megabytesPerMember.toFixed(1)} MB after a restart`,
      }),
      reported({
        row: `${row}: sync from empty`,
        unit: 's',
        catamaran: synced.settledSeconds,
        baseline: null,
        note: `${synced.writes.toLocaleString('en')} writes, ${rate.toLocaleString('en')} per second, to the sandbox's API servers in one process`,
      }),
      readiness(
        { row: `${row}: restart, ready`, unit: 's', catamaran: restarted.readySeconds, baseline: null },
        readySeconds,
      ),
      figure({
        row: `${row}: restart, writes`,
        unit: 'writes',
        target: { atMost: 0 },
        catamaran: restarted.writes,
        baseline: null,
      }),
    ];
  } finally {
    await servers.stop();
  }
}

function readiness(measured: Omit<Measured, 'target'>, seconds: number | undefined): Figure {
  return seconds === undefined ? reported(measured) : figure({ ...measured, target: { atMost: seconds } });
}

interface InSync {
  readonly readySeconds: number;
  readonly settledSeconds: number;
  readonly writes: number;
  /** Writes by operation. */
  readonly written: string;
  readonly megabytesPerMember: number;
}

/** Runs a controller until all members are in sync. */
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
      megabytesPerMember: ((await memoryOf(controller.pid)) - idle) / members / 1e6,
    };
  } finally {
    await controller.stop('SIGTERM');
  }
}

function describe({ readySeconds, settledSeconds, writes, megabytesPerMember }: InSync): string {
  return (
    `ready after ${readySeconds.toFixed(1)} s, in sync after ${settledSeconds.toFixed(1)} s and ` +
    `${writes.toLocaleString('en')} writes; ${megabytesPerMember.toFixed(1)} MB per member`
  );
}

/** Memory of a controller with one empty member. */
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

/** Median resident memory of a process, in bytes. */
async function memoryOf(pid: number): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    if (sample > 0) await delay(SAMPLE_MS);
    samples.push((await memoryUsage(pid)).resident);
  }
  return median(samples);
}

async function memoryOfAll({ pids }: MemberServers): Promise<number> {
  return (await Promise.all(pids.map(memoryOf))).reduce((sum, bytes) => sum + bytes, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
