/** dnsperf (DNS-OARC), the Debian package. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../tools/controlplane/component.ts';
import { onCore } from './cores.ts';

/** One run. */
export interface Run {
  readonly port: number;
  /** File of questions. */
  readonly questions: string;
  readonly seconds: number;
  readonly core: number | undefined;
  readonly dir: string;
  readonly signal: AbortSignal;
}

/** Sockets, and questions that wait for an answer at the same time. */
const CLIENTS = 10;
const OUTSTANDING = 100;
/** A question that is lost holds up the end of a run for this long. */
const TIMEOUT_SECONDS = 1;

/** What a server did as fast as it went. */
export interface Throughput {
  readonly perSecond: number;
  /** Questions that were answered. */
  readonly answered: number;
}

/** Asks as fast as the server answers. */
export async function throughput(options: Run): Promise<Throughput> {
  const text = await run(...commandOf(options, []), { signal: options.signal });
  mostlyAnswered(text);
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
 * Latency of each answer, with `perSecond` questions a second, or as fast as the server goes where that is undefined.
 * dnsperf writes a line for each answer, so it asks less in a second than without.
 */
export async function latencies(options: Run, perSecond: number | undefined): Promise<Latencies> {
  const file = join(options.dir, 'answers');
  const [command, args] = commandOf(options, ['-v', ...(perSecond === undefined ? [] : ['-Q', String(perSecond)])]);
  // Not through a pipe: nobody would read it while this process is busy.
  await run('sh', ['-c', 'file=$1; shift; exec "$@" >"$file"', 'sh', file, command, ...args], {
    signal: options.signal,
  });
  const text = await readFile(file, 'utf8');
  await rm(file);
  const samples = Float64Array.from(text.matchAll(/^> \S+ .* ([\d.]+)$/gm), (match) => Number(match[1]) * 1_000);
  mostlyAnswered(text);
  return quantiles(samples);
}

/** Throws where more than one in a hundred questions was lost: what is measured then is dnsperf's waiting. */
function mostlyAnswered(text: string): void {
  const sent = readNumber(text, /Queries sent:\s+(\d+)/);
  const lost = readNumber(text, /Queries lost:\s+(\d+)/);
  if (sent === 0 || lost > sent / 100) throw new Error(`dnsperf lost ${lost} of ${sent} questions`);
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
    // With EDNS, as resolvers ask.
    ...['-e', '-c', String(CLIENTS), '-q', String(OUTSTANDING), '-t', String(TIMEOUT_SECONDS), '-T', '1', ...more],
  ]);
  return [command, args];
}

function readNumber(text: string, pattern: RegExp): number {
  const number = pattern.exec(text)?.[1];
  if (number === undefined) throw new Error(`dnsperf wrote something else than expected:\n${text.slice(-1_000)}`);
  return Number(number);
}
