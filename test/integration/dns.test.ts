/** `catamaran dns` as a process, and its responses while the API server is unreachable. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rcodeName } from '../../src/dns/wire/protocol.ts';
import { parseMessage } from '../../src/dns/wire/wire-message.ts';
import { freePort } from '../../tools/controlplane/ports.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { askTcp, askUdp, type Target } from '../support/dns/clients.ts';
import { caseObjects } from '../support/dns/objects.ts';
import { questionOf } from '../support/dns/served-zone.ts';
import { Gate } from './gate.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

let cluster: Cluster;
let ns: string;
let dir: string;
let gate: Gate;
let kubeconfig: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  [cluster] = await sharedClusters();
  ns = await freshNamespace([cluster], 'dns');
  await cluster.apply(...caseObjects(ns));
  dir = await mkdtemp(join(tmpdir(), 'catamaran-dns-'));
  gate = new Gate(cluster.plane.server);
  await gate.open();
  kubeconfig = join(dir, 'kubeconfig');
  const own = await readFile(cluster.plane.kubeconfig, 'utf8');
  await writeFile(kubeconfig, own.replaceAll(cluster.plane.server, gate.server));
});

afterEach(async () => {
  gate.restore();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
});

afterAll(async () => {
  await gate.close();
  await rm(dir, { recursive: true, force: true });
});

async function start(...args: string[]) {
  const [port, http] = [await freePort(), await freePort()];
  const child = spawn(
    process.execPath,
    [
      MAIN,
      'dns',
      '--kubeconfig',
      kubeconfig,
      '--kubeconfig-trust',
      'user',
      '--listen',
      `127.0.0.1:${port}`,
      '--http',
      `127.0.0.1:${http}`,
      ...args,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  children.push(child);
  const log = text(child.stderr);
  const target: Target = { host: '127.0.0.1', port };
  const get = (path: string) => fetch(`http://127.0.0.1:${http}${path}`);
  await eventually(async () => expect((await get('/healthz')).status).toBe(200));
  /** Response code for a Service of the cases. */
  const rcode = async (name = 'web') => {
    const answer = await askUdp(target, questionOf(`${name}.${ns}.svc A`));
    return answer && rcodeName(parseMessage(answer).rcode);
  };
  return { child, target, get, log, rcode };
}

describe('catamaran dns', () => {
  it('responds over UDP and TCP, serves health and metrics, and shuts down gracefully', async () => {
    const { child, target, get, log, rcode } = await start('--ttl', '7');
    await eventually(async () => expect((await get('/readyz')).status).toBe(200));
    expect([await rcode(), await rcode('gone')]).toEqual(['NOERROR', 'NXDOMAIN']);
    const answer = parseMessage(await askTcp(target, questionOf(`db.${ns}.svc A`)));
    expect(answer.answers.map(({ ttl }) => ttl)).toEqual([7, 7, 7, 7]);
    expect(await (await get('/readyz')).json()).toMatchObject({ ready: true, zone: 'clusterset.local', synced: true });
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('catamaran_dns_responses_total{transport="udp",type="A",rcode="NXDOMAIN"} 1');
    expect(metrics).toMatch(/catamaran_dns_services [1-9]/);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    const lines = (await log)
      .trim()
      .split('\n')
      .map((line): { msg: string } => JSON.parse(line));
    // Kubernetes 1.27 to 1.31 knows WatchList, and has it disabled.
    const messages = lines.map(({ msg }) => msg).filter((msg) => !msg.startsWith('WatchList not supported'));
    expect(messages).toEqual(['dns started', 'dns stopped']);
  });

  it('returns SERVFAIL, and is not ready, until the initial sync', async () => {
    gate.cut();
    const { get, rcode } = await start();
    expect((await get('/readyz')).status).toBe(503);
    expect([await rcode(), await rcode('gone')]).toEqual(['SERVFAIL', 'SERVFAIL']);
    gate.restore();
    await eventually(async () => expect(await rcode()).toBe('NOERROR'));
    expect((await get('/readyz')).status).toBe(200);
  });

  it('serves the last known state while the API server is unreachable, for --stale-after', async () => {
    const { get, rcode } = await start('--stale-after', '4s');
    await eventually(async () => expect(await rcode()).toBe('NOERROR'));
    gate.cut();
    const lost = async () =>
      Number(/^catamaran_dns_api_lost_seconds (\S+)/m.exec(await (await get('/metrics')).text())?.[1]);
    await eventually(async () => expect(await lost()).toBeGreaterThan(0));
    expect([await rcode(), (await get('/readyz')).status]).toEqual(['NOERROR', 200]);
    await eventually(async () => expect(await rcode()).toBe('SERVFAIL'));
    expect(await lost()).toBeGreaterThan(4);
    expect((await get('/readyz')).status).toBe(503);
    gate.restore();
    await eventually(async () => expect([await rcode(), await lost()]).toEqual(['NOERROR', 0]));
  });

  it('serves again after it was killed and restarted', async () => {
    const first = await start();
    await eventually(async () => expect(await first.rcode()).toBe('NOERROR'));
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect(await askUdp(first.target, questionOf(`web.${ns}.svc A`), 200)).toBeUndefined();
    const second = await start();
    await eventually(async () => expect(await second.rcode()).toBe('NOERROR'));
  });

  it('exits with code 1 if its address is in use', async () => {
    const { target } = await start();
    const args = ['--kubeconfig', kubeconfig, '--listen', `127.0.0.1:${target.port}`, '--http', 'none'];
    const child = spawn(process.execPath, [MAIN, 'dns', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(child.exitCode).toBe(1);
    expect(stderr).toContain(`[CTM_LISTEN] --listen 127.0.0.1:${target.port}`);
  });
});
