/** Rounds of questions: each server in turn, so that what slows the machine down slows all of them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Latencies, latencies, throughput } from './dnsperf.ts';
import type { Load } from './questions.ts';
import type { Server, ServerName } from './servers.ts';

/** How much is measured. */
export interface RoundsOptions {
  readonly rounds: number;
  /** Of each measurement of questions a second. */
  readonly seconds: number;
  readonly dir: string;
  /** Core of dnsperf. */
  readonly core: number | undefined;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** What one round of one server gave. */
export interface Sample {
  readonly perSecond: number;
  /** Answers for each second of CPU time of the server: what others take of the machine does not count. */
  readonly perCpuSecond: number;
  /** As fast as the server goes. */
  readonly busy: Latencies;
  /** At {@link CALM_RATE} questions a second, which each server has time for. */
  readonly calm: Latencies;
}

export type Samples = Readonly<Record<ServerName, readonly Sample[]>>;

/** Questions a second. */
export const CALM_RATE = 10_000;
/** Seconds before the first round, for what code costs before it is compiled and caches before they are full. */
const WARM_UP_SECONDS = 2;
const LATENCY_SECONDS = 1;
/** Of a server that only the questions a second are of interest of. */
const NOT_MEASURED: Latencies = { p50: Number.NaN, p99: Number.NaN };

/** Puts a load to each server in turn. The order turns too. */
export async function measureLoad(servers: readonly Server[], load: Load, options: RoundsOptions): Promise<Samples> {
  const { rounds, seconds, dir, core, signal, say } = options;
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
    say(`${load.name}, round ${round + 1} of ${rounds}: ${last.join(', ')} questions/s`);
  }
  return samples;
}
