/**
 * `make bench-dns`: our DNS server and CoreDNS with its option `multicluster`, on the same objects of one real API server
 * and on one core each, and a UDP echo in Node as the limit. Progress goes to stderr, the table to stdout, and both
 * forms of it to bench/results/.
 *
 * --quick          few Services, rounds and changes; nothing is written to bench/results/. QUICK=1 does the same.
 * --script FILE    script to run as `catamaran`; default dist/catamaran.js
 * --profile DIR    CPU profiles of our server
 *
 * Exit code 0 also where a target is missed.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ControlPlane, startControlPlanes } from '../tools/controlplane/index.ts';
import { requirePackages } from '../tools/lab/host.ts';
import { twoCores } from './dns/cores.ts';
import { type DnsFigure, type DnsResults, dnsFigure } from './dns/figures.ts';
import { CLUSTERS, createObjects, ENDPOINTS_PER_SLICE, serviceOf } from './dns/objects.ts';
import { dnsPicture } from './dns/picture.ts';
import { measureChanges } from './dns/propagation.ts';
import { type Load, mixedLoad, singleLoad } from './dns/questions.ts';
import { CALM_RATE, measureLoad, type Sample, type Samples } from './dns/rounds.ts';
import { type Place, SERVERS, type Server, startServer } from './dns/servers.ts';
import { dnsTable } from './dns/table.ts';
import { type Api, openApi } from './harness/api.ts';
import { BENCH_AGENT } from './harness/names.ts';
import type { MemoryUsage } from './harness/process-usage.ts';
import { installCrds } from './harness/test-bed.ts';
import { median, quantile } from './report/statistics.ts';
import { machine } from './report/table.ts';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../dist/catamaran.js', import.meta.url));

/** How much is measured. `services` is a multiple of 4. */
const FULL = { services: 10_000, starts: 3, restMs: 10_000, rounds: 8, seconds: 2, changes: 500 };
const QUICK = { services: 1_000, starts: 1, restMs: 2_000, rounds: 2, seconds: 2, changes: 50 };
type Scale = typeof FULL;

const CONNECTIONS = 64;
/** A machine that waits for nothing but us has less than this in its run queue. */
const IDLE_LOAD = 0.3;

const started = performance.now();
function say(line: string): void {
  console.error(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s] ${line}`);
}

/** What everything runs in. */
interface Bench {
  readonly scale: Scale;
  readonly api: Api;
  readonly place: Place;
  readonly client: number | undefined;
}

async function measure({ scale, api, place, client }: Bench): Promise<readonly DnsFigure[]> {
  const { signal, dir } = place;
  const running: Server[] = [];
  try {
    const ready = await startTwice(running, scale, place);
    say('at rest');
    await delay(scale.restMs, undefined, { signal });
    const rest = await memories(running);
    for (const name of ['echo', 'coredns-cache'] as const) running.push(await startServer(name, place));
    const options = { ...scale, dir, core: client, signal, say };
    const loads = [mixedLoad(scale.services), singleLoad()];
    const figures: DnsFigure[] = [];
    for (const load of loads) figures.push(...loadFigures(load, await measureLoad(running, load, options)));
    await delay(scale.restMs, undefined, { signal });
    const after = await memories(running);
    say('changes');
    const service = serviceOf(2);
    const [ours = [], coredns = []] = await measureChanges(running.slice(0, 2), {
      ...{ api, service, signal },
      count: scale.changes,
    });
    return [
      ...figures,
      ...([0.5, 0.99] as const).map((q) =>
        dnsFigure({
          row: `API write to changed answer: p${q * 100}`,
          unit: 'ms',
          ours: [quantile(ours, q)],
          coredns: [quantile(coredns, q)],
          ...(q === 0.99 && { target: { atMost: 100 } }),
        }),
      ),
      memoryFigure('memory, objects loaded', rest, ({ resident }) => resident, scale),
      memoryFigure('memory, after all questions', after, ({ resident }) => resident, scale),
      memoryFigure('memory, the most it ever was', after, ({ peak }) => peak, scale),
      dnsFigure({ row: 'start to first right answer', unit: 's', ...ready }),
    ];
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
}

/** Starts ours and CoreDNS by turns, alone each time; those of the last turn stay. Gives the seconds until ready. */
async function startTwice(running: Server[], { starts }: Scale, place: Place) {
  const ready: Record<'ours' | 'coredns', number[]> = { ours: [], coredns: [] };
  for (let turn = 1; turn <= starts; turn++) {
    for (const name of ['catamaran', 'coredns'] as const) {
      const server = await startServer(name, place);
      ready[name === 'catamaran' ? 'ours' : 'coredns'].push(server.readyMs / 1_000);
      say(`${name} was ready after ${(server.readyMs / 1_000).toFixed(2)} s`);
      if (turn < starts) await server.stop();
      else running.push(server);
    }
  }
  return ready;
}

async function memories(running: readonly Server[]): Promise<readonly MemoryUsage[]> {
  return Promise.all(running.slice(0, 2).map((server) => server.memory()));
}

type MemoryOf = (memory: MemoryUsage) => number;

function memoryFigure(row: string, [ours, coredns]: readonly MemoryUsage[], of: MemoryOf, scale: Scale): DnsFigure {
  if (!ours || !coredns) throw new Error('two servers were measured');
  return dnsFigure({
    row,
    unit: 'MB',
    ours: [of(ours) / 1e6],
    coredns: [of(coredns) / 1e6],
    // It is a target for many objects: without any, Node takes more than Go.
    ...(scale === FULL && { target: { than: 'less', atMost: 150 } }),
  });
}

function loadFigures({ name, what }: Load, samples: Samples): DnsFigure[] {
  const rounds = (of: (sample: Sample) => number) => ({
    ours: samples.catamaran.map(of),
    coredns: samples.coredns.map(of),
    echo: samples.echo.map(of),
  });
  const cached = median(samples['coredns-cache'].map(({ perSecond }) => perSecond));
  const busy = `as fast as it goes, ${name}`;
  const calm = `${CALM_RATE.toLocaleString('en')}/s, ${name}`;
  return [
    dnsFigure({
      row: `questions a second, ${name}`,
      unit: '/s',
      ...rounds(({ perSecond }) => perSecond),
      target: { than: 'more' },
      note: `${what}. CoreDNS with its plugin cache: ${Math.round(cached).toLocaleString('en')} /s`,
    }),
    dnsFigure({
      row: `questions for each second of CPU time, ${name}`,
      unit: '',
      ...rounds(({ perCpuSecond }) => perCpuSecond),
      note: 'what others take of the machine does not count',
    }),
    dnsFigure({ row: `latency p50, ${busy}`, unit: 'ms', ...rounds((each) => each.busy.p50) }),
    dnsFigure({
      row: `latency p99, ${busy}`,
      unit: 'ms',
      ...rounds((each) => each.busy.p99),
      target: { than: 'less' },
    }),
    dnsFigure({ row: `latency p50, ${calm}`, unit: 'ms', ...rounds((each) => each.calm.p50) }),
    dnsFigure({
      row: `latency p99, ${calm}`,
      unit: 'ms',
      ...rounds((each) => each.calm.p99),
      target: { than: 'less' },
    }),
  ];
}

async function main(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: (process.env.QUICK ?? '') !== '' },
      script: { type: 'string', default: SCRIPT },
      profile: { type: 'string' },
    },
  });
  const [load = Number.NaN] = loadavg();
  await requirePackages(
    'make bench-dns',
    [
      ['dnsperf', 'dnsperf'],
      ['taskset', 'util-linux'],
    ],
    say,
    signal,
  );
  const scale = values.quick ? QUICK : FULL;
  const { server: core, client } = await twoCores();
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-bench-dns-'));
  let plane: ControlPlane | undefined;
  let api: Api | undefined;
  try {
    say('starting a control plane');
    [plane] = await startControlPlanes({ count: 1, dir, controllerManager: false, signal });
    if (!plane) throw new Error('a control plane was asked for');
    const access = { server: plane.server, ca: await readFile(plane.caFile, 'utf8'), token: plane.token };
    api = openApi(access, BENCH_AGENT, CONNECTIONS);
    await installCrds(api, signal);
    say(`making ${scale.services} Services`);
    await createObjects(api, scale.services, signal);
    const { kubeconfig, context } = plane;
    const profiles = values.profile === undefined ? undefined : resolve(values.profile);
    const witness = serviceOf(scale.services - 4);
    const place = { kubeconfig, context, dir, core, script: resolve(values.script), profiles, witness, signal };
    const figures = await measure({ scale, api, place, client });
    const results = { machine: machine(), note: noteOf(scale, load, client), figures };
    console.log(dnsTable(results));
    if (!values.quick) await writeResults(results);
  } finally {
    await api?.close();
    await plane?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function noteOf({ services, rounds }: Scale, load: number, client: number | undefined): string {
  const endpoints = services * CLUSTERS.length * ENDPOINTS_PER_SLICE;
  const objects = `${services.toLocaleString('en')} Services, ${endpoints.toLocaleString('en')} endpoints`;
  const cores = client === undefined ? 'all on one core' : 'the server on one core, dnsperf on another';
  const idle =
    load < IDLE_LOAD ? 'The machine was idle.' : `Load average ${load.toFixed(1)} before: the machine was not idle.`;
  return `${objects}; medians of ${rounds} interleaved rounds of ${SERVERS.length} servers; ${cores}. ${idle}`;
}

async function writeResults(results: DnsResults): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(resolve(RESULTS, 'dns.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(resolve(RESULTS, 'dns.svg'), dnsPicture(results));
  say('written to bench/results/dns.json and dns.svg');
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(new Error(`stopped by ${name}`)));
}
try {
  await main(stop.signal);
} catch (error) {
  console.error(stop.signal.aborted && stop.signal.reason instanceof Error ? stop.signal.reason.message : error);
  process.exitCode = 1;
}
