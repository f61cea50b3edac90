/** A hostile member beside honest ones: event-loop blocks, memory, and the propagation between the honest ones. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Api, openApi } from '../harness/api.ts';
import { type Arrivals, openArrivals } from '../harness/arrivals.ts';
import { withRelay } from '../harness/baseline.ts';
import { type Bench, type Controller, type MemberAccess, startOver } from '../harness/controller.ts';
import { longestBlock, tickerOptions } from '../harness/loop-blocks.ts';
import { BENCH_AGENT } from '../harness/names.ts';
import { cpuSeconds, memoryUsage } from '../harness/process-usage.ts';
import { change, createNamespace, createSources } from '../harness/sources.ts';
import { startHostileMember } from '../hostile/hostile-member.ts';
import { MISDEEDS, type MisdeedName } from '../hostile/misdeed-name.ts';
import { startServers } from '../members/server-process.ts';
import { type Figure, figure, reported } from '../report/figures.ts';
import { quantile } from '../report/statistics.ts';
import type { Log, Scale } from './scale.ts';

const READY_MS = 120_000;
const SETTLE_MS = 600_000;
/** A change that takes longer counts as this long. */
const PATIENCE_MS = 30_000;
const CONNECTIONS = 16;
const HONEST = { namespace: 'honest', services: 1, slicesPerService: 1, endpoints: 10, headless: false };
const LANES = {
  catamaran: { ...HONEST, exported: true },
  relay: { ...HONEST, namespace: 'honest-relay', exported: false },
};
/** Name that the hostile member exports, too. */
const SHARED = { namespace: HONEST.namespace, name: 'svc-0' };
const BLOCK_MS = 50;
const MEMORY_MB = 64;
/** Namespaces of the hostile member that the honest ones import from. */
const HOSTILE_NAMESPACES = ['hostile'];

interface Bed {
  readonly bench: Bench;
  readonly source: Api;
  readonly consumer: Api;
  readonly arrivals: Arrivals;
  /** Propagations per lane. */
  readonly serials: Record<keyof typeof LANES, number>;
}

/** Propagation of the honest members in ms. */
interface Taken {
  readonly catamaran: number[];
  readonly relay: number[];
}

export async function hostile(bench: Bench, { hostile: shape }: Scale, log: Log): Promise<readonly Figure[]> {
  log(`starting ${shape.members} honest clusters`);
  const servers = await startServers(bench, { ...shape, services: 0, endpoints: 0, exported: 0, imported: 0 });
  try {
    const honest = servers.members.map(({ access, fields }) => ({
      access,
      // No EndpointSlice controller runs beside the API servers.
      fields: { ...fields, slices: 'Any', import: { mode: 'Automatic' } },
    }));
    const [first, second] = honest;
    if (!first || !second) throw new Error('no members');
    const apis = honest.map((member) => openApi(accessOf(member), BENCH_AGENT, CONNECTIONS));
    const [source, consumer] = apis;
    if (!source || !consumer) throw new Error('no members');
    for (const api of apis) {
      for (const namespace of [HONEST.namespace, LANES.relay.namespace, ...HOSTILE_NAMESPACES]) {
        await createNamespace(api, namespace);
      }
    }
    for (const lane of [LANES.catamaran, LANES.relay]) await createSources(source, lane, bench.signal);
    const arrivals = await openArrivals(consumer);
    const bed: Bed = { bench, source, consumer, arrivals, serials: { catamaran: 0, relay: 0 } };
    const relayBed = {
      source: { access: accessOf(first) },
      consumer: { access: accessOf(second) },
      signal: bench.signal,
    };
    try {
      return await withRelay(relayBed, { from: LANES.relay.namespace, to: LANES.relay.namespace }, async () => {
        const figures: Figure[] = [];
        for (const name of shape.misdeeds) figures.push(...(await beside(bed, honest, name, shape.seconds, log)));
        return figures;
      });
    } finally {
      await arrivals.close();
      for (const api of apis) await api.close();
    }
  } finally {
    await servers.stop();
  }
}

function accessOf({ access: { server, ca, token } }: MemberAccess) {
  return { server, ca: ca.toString(), token };
}

/** Measures with one misdeed, with a controller and a hostile member of its own. */
async function beside(
  bed: Bed,
  honest: readonly MemberAccess[],
  name: MisdeedName,
  seconds: number,
  log: Log,
): Promise<readonly Figure[]> {
  const { bench } = bed;
  const bad = await startHostileMember(bench, honest.length + 1, SHARED);
  const ticks = join(bench.dir, `ticks-${name}`);
  try {
    const controller = await startOver(bench, [...honest, bad.member], READY_MS, tickerOptions(ticks));
    try {
      await controller.settled(SETTLE_MS);
      const calm = await measure(bed, controller, ticks, seconds);
      bad.commit(name);
      const measured = await measure(bed, controller, ticks, seconds);
      log(`${name}: without: ${describe(calm)}`);
      log(`${name}: with:    ${describe(measured)}`);
      return figures(name, calm, measured);
    } finally {
      await controller.stop('SIGTERM');
    }
  } finally {
    await bad.stop();
  }
}

interface Measured {
  readonly taken: Taken;
  readonly block: number;
  readonly passed: number;
  /** Largest resident memory, in MB. */
  readonly megabytes: number;
  /** Share of one core that the controller used. */
  readonly cpu: number;
}

async function measure(bed: Bed, { pid }: Controller, ticks: string, seconds: number): Promise<Measured> {
  const startedAt = Date.now();
  const cpuBefore = await cpuSeconds(pid);
  const taken: Taken = { catamaran: [], relay: [] };
  let megabytes = 0;
  while (Date.now() - startedAt < seconds * 1_000) {
    for (const lane of ['catamaran', 'relay'] as const) taken[lane].push(await propagate(bed, lane));
    megabytes = Math.max(megabytes, (await memoryUsage(pid)).resident / 1e6);
    await delay(5 + Math.random() * 10, undefined, { signal: bed.bench.signal });
  }
  const cpu = (await cpuSeconds(pid)) - cpuBefore;
  const { used, passed } = await longestBlock(ticks, startedAt);
  return { taken, block: used, passed, megabytes, cpu: (cpu * 1_000) / (Date.now() - startedAt) };
}

async function propagate(bed: Bed, lane: keyof typeof LANES): Promise<number> {
  const serial = ++bed.serials[lane];
  const shape = LANES[lane];
  const arrival = bed.arrivals.expect(shape.namespace, 0, serial, PATIENCE_MS);
  const from = performance.now();
  const [at] = await Promise.all([arrival, change(bed.source, shape, 0, serial)]);
  return at === undefined ? PATIENCE_MS : at - from;
}

function describe({ taken, block, passed, megabytes, cpu }: Measured): string {
  const lane = (samples: readonly number[]): string =>
    `p50 ${quantile(samples, 0.5).toFixed(1)}, p99 ${quantile(samples, 0.99).toFixed(1)} ms`;
  return (
    `${taken.catamaran.length} changes, ${lane(taken.catamaran)}; relay ${lane(taken.relay)}; ` +
    `longest block ${block.toFixed(0)} ms of CPU, ${passed.toFixed(0)} ms in all; ${megabytes.toFixed(0)} MB; ` +
    `${(cpu * 100).toFixed(0)} % of a core`
  );
}

function figures(name: MisdeedName, calm: Measured, measured: Measured): readonly Figure[] {
  const row = `a member ${MISDEEDS[name]}`;
  const latency = (q: number): Figure =>
    reported({
      row: `${row}: propagation of the others, p${q * 100}`,
      unit: 'ms',
      catamaran: quantile(measured.taken.catamaran, q),
      baseline: quantile(measured.taken.relay, q),
      note: `${quantile(calm.taken.catamaran, q).toFixed(1)} ms before, the relay ${quantile(calm.taken.relay, q).toFixed(1)} ms`,
    });
  return [
    latency(0.5),
    latency(0.99),
    figure({
      row: `${row}: longest block`,
      unit: 'ms',
      target: { atMost: BLOCK_MS },
      catamaran: measured.block,
      baseline: null,
      note: `CPU time of the event loop between two ticks; ${calm.block.toFixed(0)} ms before; ${(measured.cpu * 100).toFixed(0)} % of a core`,
    }),
    figure({
      row: `${row}: memory`,
      unit: 'MB',
      target: { atMost: MEMORY_MB },
      catamaran: Math.max(0, measured.megabytes - calm.megabytes),
      baseline: null,
      note: `largest RSS, minus ${calm.megabytes.toFixed(0)} MB before`,
    }),
  ];
}
