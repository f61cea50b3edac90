/**
 * `make bench-dns`: compares `catamaran dns` with CoreDNS and its `multicluster` option, on the same objects of one
 * real API server and on one core each, with a UDP echo in Node as the upper limit. Writes progress to stderr, the
 * table to stdout, and results to bench/results/.
 *
 * --quick          fewer Services, rounds and changes; does not write to bench/results/. Also enabled by QUICK=1.
 * --script FILE    script to run as `catamaran` (default: dist/catamaran.js)
 * --profile DIR    write CPU profiles of `catamaran dns`
 *
 * Exits with 0 even if a target is missed.
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

/** `services` is a multiple of 4. */
const FULL = { services: 10_000, starts: 3, restMs: 10_000, rounds: 8, seconds: 2, changes: 500 };
const QUICK = { services: 1_000, starts: 1, restMs: 2_000, rounds: 2, seconds: 2, changes: 50 };
type Scale = typeof FULL;

const CONNECTIONS = 64;
/** Maximum load average of an idle machine. */
const IDLE_LOAD = 0.3;

const started = performance.now();
function log(line: string): void {
  console.error(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s] ${line}`);
}

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
    const ready = await startAlternately(running, scale, place);
    log('measuring memory at rest');
    await delay(scale.restMs, undefined, { signal });
    const rest = await memories(running);
    for (const name of ['echo', 'coredns-cache'] as const) running.push(await startServer(name, place));
    const options = { ...scale, dir, core: client, signal, log };
    const loads = [mixedLoad(scale.services), singleLoad()];
    const figures: DnsFigure[] = [];
    for (const load of loads) figures.push(...loadFigures(load, await measureLoad(running, load, options)));
    await delay(scale.restMs, undefined, { signal });
    const after = await memories(running);
    log('measuring changes');
    const service = serviceOf(2);
    const [catamaran = [], coredns = []] = await measureChanges(running.slice(0, 2), {
      ...{ api, service, signal },
      count: scale.changes,
    });
    return [
      ...figures,
      ...([0.5, 0.99] as const).map((q) =>
        dnsFigure({
          row: `API write to changed response: p${q * 100}`,
          unit: 'ms',
          catamaran: [quantile(catamaran, q)],
          coredns: [quantile(coredns, q)],
          ...(q === 0.99 && { target: { atMost: 100 } }),
        }),
      ),
      memoryFigure('memory, objects loaded', rest, ({ resident }) => resident, scale),
      memoryFigure('memory, after all queries', after, ({ resident }) => resident, scale),
      memoryFigure('memory, peak', after, ({ peak }) => peak, scale),
      dnsFigure({ row: 'start to first correct response', unit: 's', ...ready }),
    ];
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
}

/** Starts both servers in turn, each alone, and keeps those of the last round. Returns the seconds until ready. */
async function startAlternately(running: Server[], { starts }: Scale, place: Place) {
  const ready: Record<'catamaran' | 'coredns', number[]> = { catamaran: [], coredns: [] };
  for (let turn = 1; turn <= starts; turn++) {
    for (const name of ['catamaran', 'coredns'] as const) {
      const server = await startServer(name, place);
      ready[name].push(server.readyMs / 1_000);
      log(`${name} ready after ${(server.readyMs / 1_000).toFixed(2)} s`);
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

function memoryFigure(
  row: string,
  [catamaran, coredns]: readonly MemoryUsage[],
  of: MemoryOf,
  scale: Scale,
): DnsFigure {
  if (!catamaran || !coredns) throw new Error('expected two measured servers');
  return dnsFigure({
    row,
    unit: 'MB',
    catamaran: [of(catamaran) / 1e6],
    coredns: [of(coredns) / 1e6],
    // A target for many objects only: with few, Node uses more memory than Go.
    ...(scale === FULL && { target: { than: 'less', atMost: 150 } }),
  });
}

function loadFigures({ name, description }: Load, samples: Samples): DnsFigure[] {
  const rounds = (of: (sample: Sample) => number) => ({
    catamaran: samples.catamaran.map(of),
    coredns: samples.coredns.map(of),
    echo: samples.echo.map(of),
  });
  const cached = median(samples['coredns-cache'].map(({ perSecond }) => perSecond));
  const busy = `at full load, ${name}`;
  const calm = `${CALM_RATE.toLocaleString('en')}/s, ${name}`;
  return [
    dnsFigure({
      row: `queries per second, ${name}`,
      unit: '/s',
      ...rounds(({ perSecond }) => perSecond),
      target: { than: 'more' },
      note: `${description}. CoreDNS with the cache plugin: ${Math.round(cached).toLocaleString('en')} /s`,
    }),
    dnsFigure({
      row: `queries per second of CPU time, ${name}`,
      unit: '',
      ...rounds(({ perCpuSecond }) => perCpuSecond),
      note: 'not affected by other load on the machine',
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
    log,
    signal,
  );
  const scale = values.quick ? QUICK : FULL;
  const { server: core, client } = await twoCores();
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-bench-dns-'));
  let plane: ControlPlane | undefined;
  let api: Api | undefined;
  try {
    log('starting a control plane');
    [plane] = await startControlPlanes({ count: 1, dir, controllerManager: false, signal });
    if (!plane) throw new Error('no control plane was started');
    const access = { server: plane.server, ca: await readFile(plane.caFile, 'utf8'), token: plane.token };
    api = openApi(access, BENCH_AGENT, CONNECTIONS);
    await installCrds(api, signal);
    log(`creating ${scale.services} Services`);
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
    load < IDLE_LOAD
      ? 'The machine was idle.'
      : `The machine was not idle: load average ${load.toFixed(1)} before the run.`;
  return `${objects}; medians of ${rounds} interleaved rounds of ${SERVERS.length} servers; ${cores}. ${idle}`;
}

async function writeResults(results: DnsResults): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(resolve(RESULTS, 'dns.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(resolve(RESULTS, 'dns.svg'), dnsPicture(results));
  log('wrote bench/results/dns.json and dns.svg');
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
