/** `make start`: the sandbox with the objects of the walkthroughs, and requests between its clusters. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Remote, remote } from '../../src/sandbox/control-client.ts';
import type { SandboxStatus } from '../../src/sandbox/control-protocol.ts';
import { consoleLine } from '../../src/sandbox/report.ts';
import { stateDir } from '../../src/sandbox/state.ts';
import { run } from '../controlplane/component.ts';
import { ROOT, STATE_DIR, shown } from '../paths.ts';

const CATAMARAN = join(ROOT, 'dist', 'catamaran.js');
const READY_MS = 60_000;
const RESPONSE_MS = 30_000;

/** Objects to apply per cluster: the walkthroughs, in the order of the documents. */
const APPLIED: readonly (readonly [cluster: string, ...args: string[]])[] = [
  ['cluster1', '-f', 'ack-cli/namespace.yaml', 'ack-cli/app-meta.yaml', 'ack-cli/serviceexport.yaml'],
  ['cluster2', '-f', 'ack-cli/namespace.yaml', 'ack-cli/serviceimport.yaml', 'ack-cli/client.yaml'],
  ['cluster1', '-n', 'provider-ns', '-f', 'ack-headless/mysql.yaml', 'ack-headless/serviceexport.yaml'],
  ['cluster2', '-n', 'provider-ns', '-f', 'ack-headless/serviceimport.yaml'],
  ['cluster2', '-f', 'ack-headless/mysqlclient.yaml'],
  ...['cluster1', 'cluster2'].map((cluster): [string, ...string[]] => [
    cluster,
    '-f',
    `cilium-mcsapi/${cluster}.yaml`,
    'cilium-mcsapi/serviceexport.yaml',
    'cilium-mcsapi/mcsapi-example.yaml',
  ]),
];

/** A request from a cluster, and patterns that must each match one of its responses. */
interface Shown {
  readonly from: string;
  readonly url: string;
  readonly shows: readonly RegExp[];
  /** Deployment whose pod sends the request. */
  readonly as?: { readonly namespace: string; readonly deployment: string };
}

const BOTH = [/"cluster1"/, /"cluster2"/];
const SHOWN: readonly Shown[] = [
  { from: 'cluster2', url: 'amcs-service1.provider-ns', shows: [/cluster1-beijing/] },
  { from: 'cluster2', url: 'service1.provider-ns.svc.clusterset.local', shows: [/cluster1-beijing/] },
  {
    from: 'cluster2',
    url: 'service1.provider-ns',
    shows: [/cluster1-beijing/],
    as: { namespace: 'consumer-ns', deployment: 'client-pod' },
  },
  { from: 'cluster1', url: 'rebel-base-mcsapi.default.svc.clusterset.local', shows: BOTH },
  { from: 'cluster2', url: 'rebel-base-mcsapi.default.svc.clusterset.local', shows: BOTH },
];

/** Starts the sandbox and demonstrates it; runs until it exits, or returns once it is ready with `detach`. */
export async function demonstrate(clusters: number, detach: boolean, signal: AbortSignal): Promise<number> {
  const began = Date.now();
  const state = stateDir(STATE_DIR);
  const args = ['sandbox', 'up', '--state-dir', STATE_DIR, '--clusters', String(clusters)];
  // Unless detached, the sandbox exits with this process for any reason. In its own session it does not also receive
  // Ctrl-C, since a second signal would kill it immediately.
  const child = spawn(process.execPath, [CATAMARAN, ...args, ...(detach ? ['--detach'] : [])], {
    stdio: ['ignore', 'inherit', 'inherit', detach ? 'ignore' : 'ipc'],
    detached: true,
    // Hints of the sandbox name the command of this repository.
    env: { ...process.env, npm_lifecycle_event: 'catamaran' },
  });
  const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : 1));
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const sandbox = remote(state);
  try {
    const status = await untilReady(sandbox, child, detach ? ended : undefined);
    if (status === undefined) return await ended;
    await applyAll();
    for (const each of SHOWN) await show(each, status, signal);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    console.log(
      `\n[${seconds.padStart(5)} s] all requests succeeded. Next steps, with kubectl or as in docs/guides/sandbox.md:`,
    );
    console.log(`  export KUBECONFIG=${state.kubeconfig}\n  npm run -s catamaran -- sandbox status`);
    console.log(consoleLine(status));
    console.log(`Running until ${detach ? '' : 'Ctrl-C or '}\`make stop\`.`);
  } catch (error) {
    if (signal.aborted) return await ended;
    console.error(error instanceof Error ? error.message : error);
    if (detach) await sandbox.stop().catch(() => undefined);
    child.kill('SIGTERM');
    await ended;
    return 1;
  }
  return await ended;
}

/** Resolves when the sandbox is ready; undefined if its process exited before. */
async function untilReady(
  sandbox: Remote,
  child: ChildProcess,
  returned: Promise<number> | undefined,
): Promise<SandboxStatus | undefined> {
  if (returned) return (await returned) === 0 ? await sandbox.status() : undefined;
  const end = Date.now() + READY_MS;
  while (child.exitCode === null && child.signalCode === null) {
    const status = await sandbox.status().catch(() => undefined);
    if (status?.pid === child.pid) return status;
    if (Date.now() > end) throw new Error(`the sandbox was not ready within ${READY_MS / 1000} s`);
    await delay(50);
  }
  return undefined;
}

async function applyAll(): Promise<void> {
  for (const [cluster, ...rest] of APPLIED) {
    const args = ['sandbox', 'apply', '--to', cluster, ...rest.map(inExamples)];
    console.log(`\n$ npm run -s catamaran -- ${args.map(shownArgument).join(' ')}`);
    process.stdout.write(await catamaran(args));
  }
}

function inExamples(argument: string): string {
  return argument.endsWith('.yaml') ? join(ROOT, 'examples', argument) : argument;
}

function shownArgument(argument: string): string {
  return argument.endsWith('.yaml') ? shown(argument) : argument;
}

function catamaran(args: readonly string[]): Promise<string> {
  return run(process.execPath, [CATAMARAN, ...args, '--state-dir', STATE_DIR]);
}

/** Repeats a request until each pattern has matched, and prints the first response for each. */
async function show(what: Shown, status: SandboxStatus, signal: AbortSignal): Promise<void> {
  const missing = [...what.shows];
  const end = Date.now() + RESPONSE_MS;
  let last = 'nothing';
  while (missing.length > 0) {
    signal.throwIfAborted();
    try {
      const [command = '', ...args] = HAS_CURL ? await curlOf(what, status) : catamaranOf(what);
      last = HAS_CURL ? await run(command, args) : await catamaran(args);
      const index = missing.findIndex((each) => each.test(last));
      if (index >= 0) {
        missing.splice(index, 1);
        const typed = command === 'catamaran' ? 'npm run -s catamaran --' : command;
        console.log(`\n$ ${[typed, ...args].join(' ')}\n${last.trimEnd()}`);
        continue;
      }
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > end)
      throw new Error(`${what.url} from ${what.from} did not return ${missing.join(', ')}: ${last}`);
    await delay(50);
  }
}

const HAS_CURL = spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0;

/** The user name selects the pod for the proxy. */
async function curlOf({ from, url, as }: Shown, { clusters }: SandboxStatus): Promise<readonly string[]> {
  const proxy = clusters.find(({ name }) => name === from)?.proxy ?? '';
  const pod = as && (await remote(stateDir(STATE_DIR)).podOf(from, as.namespace, as.deployment));
  return ['curl', '-sS', '-x', as ? proxy.replace('//', `//${as.namespace}%2F${pod}:pod@`) : proxy, `http://${url}`];
}

function catamaranOf({ from, url, as }: Shown): readonly string[] {
  const place = as ? ['-n', as.namespace, '--pod', `deployment/${as.deployment}`] : [];
  return ['catamaran', 'sandbox', 'curl', '--from', from, ...place, url];
}
