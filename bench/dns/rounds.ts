/** Interleaved rounds of queries to each server, so that other load on the machine affects all of them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Latencies, latencies, throughput } from './dnsperf.ts';
import type { Load } from './questions.ts';
import type { Server, ServerName } from './servers.ts';

export interface RoundsOptions {
  readonly rounds: number;
  /** Duration of each throughput measurement. */
  readonly seconds: number;
  readonly dir: string;
  /** Core of dnsperf. */
  readonly core: number | undefined;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** The results of one round on one server. */
export interface Sample {
  readonly perSecond: number;
  /** Responses per second of CPU time of the server; not affected by other load on the machine. */
  readonly perCpuSecond: number;
  /** At full load. */
  readonly busy: Latencies;
  /** At {@link CALM_RATE} queries per second, which every server can handle. */
  readonly calm: Latencies;
}

export type Samples = Readonly<Record<ServerName, readonly Sample[]>>;

/** Queries per second. */
export const CALM_RATE = 10_000;
/** Before the first round, until code is compiled and caches are full. */
const WARM_UP_SECONDS = 2;
const LATENCY_SECONDS = 1;
/** For a server of which only the throughput is measured. */
const NOT_MEASURED: Latencies = { p50: Number.NaN, p99: Number.NaN };

/** Measures each server in turn, in a rotating order. */
export async function measureLoad(servers: readonly Server[], load: Load, options: RoundsOptions): Promise<Samples> {
  const { rounds, seconds, dir, core, signal, log } = options;
  const questions = join(dir, 'questions');
  await writeFile(questions, `${load.lines.join('\n')}\n`);
  const common = { questions, dir, core, signal };
  for (const { port } of servers) await throughput({ ...common, port, seconds: WARM_UP_SECONDS });
  const samples: Record<ServerName, Sample[]> = { catamaran: [], coredns: [], 'coredns-cache': [], echo: [] };
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < servers.length; i++) {
      const server = servers[(i + round) % servers.length];
      if (!server) continue;
      const { name, port } = server;
      const before = await server.cpuSeconds();
      const { perSecond, answered } = await throughput({ ...common, port, seconds });
      const perCpuSecond = answered / ((await server.cpuSeconds()) - before);
      const times = (rate: number | undefined): Promise<Latencies> | Latencies =>
        name === 'coredns-cache' ? NOT_MEASURED : latencies({ ...common, port, seconds: LATENCY_SECONDS }, rate);
      const busy = await times(undefined);
      const calm = await times(CALM_RATE);
      samples[name].push({ perSecond, perCpuSecond, busy, calm });
    }
    const last = servers.map(({ name }) => `${name} ${Math.round(samples[name].at(-1)?.perSecond ?? 0)}`);
    log(`${load.name}, round ${round + 1} of ${rounds}: ${last.join(', ')} queries/s`);
  }
  return samples;
}
