/** Runs dnsperf (DNS-OARC) from the Debian package. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../tools/controlplane/component.ts';
import { onCore } from './cores.ts';

export interface Run {
  readonly port: number;
  /** Query file. */
  readonly questions: string;
  readonly seconds: number;
  readonly core: number | undefined;
  readonly dir: string;
  readonly signal: AbortSignal;
}

/** Sockets, and outstanding queries. */
const CLIENTS = 10;
const OUTSTANDING = 100;
/** A lost query delays the end of a run by this much. */
const TIMEOUT_SECONDS = 1;

export interface Throughput {
  readonly perSecond: number;
  /** Number of responses. */
  readonly answered: number;
}

/** Measures at full load. */
export async function throughput(options: Run): Promise<Throughput> {
  const text = await run(...commandOf(options, []), { signal: options.signal });
  checkLoss(text);
  return {
    perSecond: readNumber(text, /Queries per second:\s+([\d.]+)/),
    answered: readNumber(text, /Queries completed:\s+(\d+)/),
  };
}

/** Latencies in ms. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

/**
 * Latencies at `perSecond` queries per second; at full load if undefined. dnsperf prints a line per response here,
 * which lowers its query rate.
 */
export async function latencies(options: Run, perSecond: number | undefined): Promise<Latencies> {
  const file = join(options.dir, 'answers');
  const [command, args] = commandOf(options, ['-v', ...(perSecond === undefined ? [] : ['-Q', String(perSecond)])]);
  // To a file, since a pipe would block dnsperf while this process is busy.
  await run('sh', ['-c', 'file=$1; shift; exec "$@" >"$file"', 'sh', file, command, ...args], {
    signal: options.signal,
  });
  const text = await readFile(file, 'utf8');
  await rm(file);
  const samples = Float64Array.from(text.matchAll(/^> \S+ .* ([\d.]+)$/gm), (match) => Number(match[1]) * 1_000);
  checkLoss(text);
  return quantiles(samples);
}

/** Throws if more than 1 % of the queries were lost, since the result would then measure the timeouts of dnsperf. */
function checkLoss(text: string): void {
  const sent = readNumber(text, /Queries sent:\s+(\d+)/);
  const lost = readNumber(text, /Queries lost:\s+(\d+)/);
  if (sent === 0 || lost > sent / 100) throw new Error(`dnsperf lost ${lost} of ${sent} queries`);
}

function quantiles(samples: Float64Array): Latencies {
  const sorted = samples.sort();
  const at = (q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function commandOf({ port, questions, seconds, core }: Run, more: readonly string[]): [string, string[]] {
  const [command = '', ...args] = onCore(core, [
    'dnsperf',
    ...['-s', '127.0.0.1', '-p', String(port), '-d', questions, '-l', String(seconds)],
    // With EDNS, like resolvers.
    ...['-e', '-c', String(CLIENTS), '-q', String(OUTSTANDING), '-t', String(TIMEOUT_SECONDS), '-T', '1', ...more],
  ]);
  return [command, args];
}

function readNumber(text: string, pattern: RegExp): number {
  const number = pattern.exec(text)?.[1];
  if (number === undefined) throw new Error(`unexpected output of dnsperf:\n${text.slice(-1_000)}`);
  return Number(number);
}
