import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ActionRequest, RequestResult, SandboxStatus } from '../../../../src/sandbox/control-protocol.ts';
import { type Controls, listenForCommands } from '../../../../src/sandbox/control-server.ts';
import { noSuchCluster } from '../../../../src/sandbox/no-such-cluster.ts';
import { claim, clear, processIdentity, type StateDir, stateDir } from '../../../../src/sandbox/state.ts';
import { invoke } from '../../../support/invoke.ts';

let dir: string;
let state: StateDir;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-sandbox-'));
  state = stateDir(join(dir, 'state'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function sandbox(...args: readonly string[]) {
  return invoke(['sandbox', ...args, '--state-dir', state.dir]);
}

describe('usage errors', () => {
  it.each([
    ['up', '--clusters', '1'],
    ['up', '--clusters', '101'],
    ['up', '--clusters', 'two'],
    ['up', '--import', 'manual'],
    ['up', '--proxy-port', '0'],
    ['up', '--listen-port', '65536'],
    ['slow', 'cluster1', '--ms', '-1'],
    ['slow', 'cluster1', '--ms', '60001'],
    ['status', '-o', 'xml'],
    ['curl', 'http://a', '--from', 'cluster1', '-m', '0'],
    ['curl', 'http://a', '--from', 'cluster1', '-m', '86401'],
    ['status', '--state-dir', ''],
  ])('%s: %s %s', async (...args) => {
    const { code, stdout, stderr } = await sandbox(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: \[CTM_USAGE\] option '.*' argument '.*' is invalid/);
  });

  it.each([
    [['curl', 'a'], "required option '--from <cluster>' not specified"],
    [['curl', '--from', 'cluster1'], "missing required argument 'url'"],
    [['partition'], "missing required argument 'cluster'"],
    [['apply', '-f', 'a.yaml'], "required option '--to <cluster>' not specified"],
    [['partitoin', 'cluster1'], "unknown command 'partitoin'\n(Did you mean partition?)"],
  ])('%j', async (args, message) => {
    const { code, stderr } = await sandbox(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: [CTM_USAGE] ${message}`);
  });
});

describe('without a running sandbox', () => {
  it('down has nothing to do', async () => {
    const nothing = { code: 0, stdout: 'no sandbox is running\n', stderr: '' };
    expect(await sandbox('down')).toEqual(nothing);
  });

  it.each([
    ['status'],
    ['partition', 'cluster1'],
    ['heal', 'cluster1'],
    ['stop', 'cluster1'],
    ['start', 'cluster1'],
    ['slow', 'cluster1'],
    ['curl', '--from', 'cluster1', 'a'],
  ])('%s reports it', async (...args) => {
    const { code, stdout, stderr } = await sandbox(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `error: [CTM_SANDBOX_NONE] ${state.dir}: no sandbox is running; start one with \`catamaran sandbox up\`\n`,
    );
  });

  it('down removes files of a killed process, and nothing else', async () => {
    await mkdir(state.logs, { recursive: true });
    await writeFile(state.run, JSON.stringify({ pid: process.pid, identity: 'another boot' }));
    await writeFile(state.kubeconfig, '');
    await writeFile(join(state.dir, 'notes.txt'), 'mine');
    const cleared = { code: 0, stdout: 'removed the files of a sandbox that was killed\n' };
    expect(await sandbox('down')).toMatchObject(cleared);
    expect(await readdir(state.dir)).toEqual(['logs', 'notes.txt']);
  });
});

describe('a directory with other files', () => {
  const OTHERS = ['fleet.yaml', 'kubeconfig', 'logs', 'notes.txt'];

  beforeEach(async () => {
    await mkdir(state.logs, { recursive: true });
    await Promise.all(
      [state.kubeconfig, state.fleet, join(state.dir, 'notes.txt')].map((file) => writeFile(file, 'mine')),
    );
    await writeFile(join(state.logs, 'mine.log'), 'mine');
  });

  it.each([[['up']], [['up', '--detach']], [['down']]])('is left unchanged by %j', async (args) => {
    const { code, stderr } = await sandbox(...args);
    expect(code).toBe(args[0] === 'up' ? 2 : 0);
    const problem = `${state.kubeconfig}: already exists and was not written by a sandbox`;
    expect(stderr).toContain(args[0] === 'up' ? problem : '');
    expect([await readdir(state.dir), await readdir(state.logs)]).toEqual([OTHERS, ['mine.log']]);
    expect(await readFile(state.kubeconfig, 'utf8')).toBe('mine');
  });

  it('keeps its logs when a sandbox exits', async () => {
    await Promise.all([rm(state.kubeconfig), rm(state.fleet)]);
    claim(state);
    await writeFile(state.controllerLog, '');
    clear(state, 'all');
    expect(await readdir(state.logs)).toEqual(['mine.log']);
  });
});

describe('a state directory', () => {
  it('is held by one process at a time', async () => {
    claim(state);
    expect(() => claim(state)).toThrow(expect.objectContaining({ code: 'CTM_SANDBOX_RUNNING' }));
    const { code, stderr } = await sandbox('up');
    expect(code).toBe(1);
    expect(stderr).toBe(
      `error: [CTM_SANDBOX_RUNNING] ${state.dir}: already in use by process ${process.pid}; stop it with \`catamaran sandbox down\` or \`make stop\`, or choose another --state-dir\n`,
    );
    expect(await sandbox('up', '--detach')).toMatchObject({ code: 1, stderr });
    expect(await sandbox('status')).toMatchObject({
      stderr: expect.stringContaining(`in use by process ${process.pid}, which is not a sandbox`),
    });
  });

  it('is taken over from a process that no longer exists', async () => {
    await mkdir(state.dir);
    await writeFile(state.run, JSON.stringify({ pid: 2 ** 22 + 1, identity: 'x' }));
    await writeFile(state.socket, '');
    claim(state);
    expect(processIdentity(process.pid)).toBeDefined();
    expect(await readdir(state.dir)).toEqual(['logs', 'run.json']);
    clear(state, 'all');
    await expect(stat(state.dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('cannot be a file', async () => {
    await writeFile(state.dir, '');
    const { code, stderr } = await sandbox('up');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: \[CTM_SANDBOX_STATE\] .*state: cannot be used: .*(EEXIST|ENOTDIR)/);
  });

  it.each([[[]], [['--detach']]])('must be creatable: up %j', async (more) => {
    await writeFile(join(dir, 'file'), '');
    for (const folder of ['/proc/none', join(dir, 'file', 'state')]) {
      const { code, stderr } = await invoke(['sandbox', 'up', ...more, '--state-dir', folder]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error: \[CTM_SANDBOX_STATE\] .*: cannot be used: .*\n$/);
    }
  });

  it('must have a path short enough for a socket', async () => {
    const { code, stderr } = await invoke(['sandbox', 'status', '--state-dir', join(dir, 'x'.repeat(120))]);
    expect(code).toBe(2);
    expect(stderr).toContain('exceeds the limit of 103 bytes');
  });

  it('must be writable', async () => {
    if (process.getuid?.() === 0) return; // root can write everywhere
    await mkdir(state.dir);
    await chmod(state.dir, 0o500);
    expect(await sandbox('up')).toMatchObject({ code: 2, stderr: expect.stringContaining('CTM_SANDBOX_STATE') });
  });
});

const STATUS: SandboxStatus = {
  pid: 1,
  stateDir: '/s',
  kubeconfig: '/s/kubeconfig',
  controller: { url: 'http://127.0.0.1:9470', pid: 7, command: 'catamaran run --config fleet.yaml', ready: true },
  clusters: [
    {
      name: 'cluster1',
      context: 'cluster1',
      api: 'https://127.0.0.1:1',
      proxy: 'socks5h://127.0.0.1:2',
      fault: { partitioned: true, stopped: false, slowMs: 20 },
      member: {
        name: 'cluster1',
        state: 'unreachable',
        writer: false,
        exports: 1,
        imports: 2,
        since: '2026-01-01T00:00:00.000Z',
        error: 'it hangs',
      },
      services: 3,
      pods: 4,
      endpoints: { own: 5, imported: 6 },
    },
    {
      name: 'cluster2',
      context: 'cluster2',
      api: 'https://127.0.0.1:3',
      proxy: 'socks5h://127.0.0.1:4',
      fault: { partitioned: false, stopped: false, slowMs: 0 },
      services: 0,
      pods: 0,
      endpoints: { own: 0, imported: 0 },
    },
  ],
};

describe('with a sandbox', () => {
  let server: Server;
  let status: SandboxStatus;
  let answer: RequestResult;
  const acts: [string, ActionRequest][] = [];

  beforeEach(async () => {
    status = STATUS;
    answer = { ok: true, status: 404, headers: { 'content-type': 'text/plain' }, body: 'no\n' };
    acts.length = 0;
    claim(state);
    const known = (cluster: string): void => {
      if (!status.clusters.some(({ name }) => name === cluster)) throw noSuchCluster(cluster, status.clusters);
    };
    const controls: Controls = {
      status: async () => status,
      async act(cluster, request) {
        known(cluster);
        acts.push([cluster, request]);
      },
      podOf: (cluster, namespace, deployment) => `${cluster}-${namespace}-${deployment}`,
      request: async (cluster) => {
        known(cluster);
        return answer;
      },
      dns(cluster, packet) {
        known(cluster);
        return packet;
      },
      stop() {},
    };
    server = await listenForCommands(controls, state.socket);
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  it('the socket is accessible to its user only', async () => {
    expect((await stat(state.socket)).mode & 0o777).toBe(0o600);
  });

  it('status prints a table', async () => {
    expect(await sandbox('status')).toEqual({
      code: 0,
      stderr: '',
      stdout: `CLUSTER    API                   PROXY                   FAULT                     MEMBER        EXPORTS   IMPORTS   ENDPOINTS   IMPORTED
cluster1   https://127.0.0.1:1   socks5h://127.0.0.1:2   partitioned, slow 20 ms   unreachable   1         2         5           6
cluster2   https://127.0.0.1:3   socks5h://127.0.0.1:4   -                         ?             ?         ?         0           0

controller: ready, process 7, http://127.0.0.1:9470/readyz
`,
    });
    const wide = await sandbox('status', '-o', 'wide');
    expect(wide.stdout).toContain('2026-01-01T00:00:00.000Z   it hangs\n');
  });

  it('status prints JSON and YAML', async () => {
    expect(JSON.parse((await sandbox('status', '-o', 'json')).stdout)).toEqual(STATUS);
    expect(parse((await sandbox('status', '-o', 'yaml')).stdout)).toEqual(STATUS);
  });

  it('status reports that the controller exited, and how to start another one', async () => {
    const { ready: _, ...controller } = STATUS.controller;
    status = { ...STATUS, controller: { ...controller, ended: 'SIGKILL' } };
    expect((await sandbox('status')).stdout).toContain(
      'controller: process 7 exited (SIGKILL); to start another one: catamaran run --config fleet.yaml\n',
    );
  });

  it.each([
    [['partition', 'cluster1'], { action: 'partition' }, 'cut off from the controller; kubectl and traffic still work'],
    [['heal', 'cluster1'], { action: 'heal' }, 'connected to the controller again'],
    [['stop', 'cluster1'], { action: 'stop' }, 'API server stopped; traffic still works'],
    [['start', 'cluster1'], { action: 'start' }, 'API server started'],
    [['slow', 'cluster1'], { action: 'slow', ms: 500 }, 'responses to the controller are delayed by 500 ms'],
    [['slow', 'cluster1', '--ms', '0'], { action: 'slow', ms: 0 }, 'responds without delay'],
  ] as const)('%j is performed', async (args, request, outcome) => {
    expect(await sandbox(...args)).toEqual({ code: 0, stdout: `cluster1: ${outcome}\n`, stderr: '' });
    expect(acts).toEqual([['cluster1', request]]);
  });

  it.each([
    ['partition', 'cluster3'],
    ['curl', '--from', 'cluster3', 'a'],
  ])('%s lists the available clusters for an unknown one', async (...args) => {
    expect(await sandbox(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: [CTM_SANDBOX_CLUSTER] cluster "cluster3" not found; available: cluster1, cluster2\n',
    });
  });

  it('curl prints the response, with headers on request', async () => {
    expect(await sandbox('curl', '--from', 'cluster1', 'a')).toEqual({ code: 0, stdout: 'no\n', stderr: '' });
    expect(await sandbox('curl', '-i', '--from', 'cluster1', 'a')).toMatchObject({
      stdout: 'HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\n\r\nno\n',
    });
  });

  it.each(['86400', '20.0001', '20s'])('curl accepts the time limit %s', async (time) => {
    expect(await sandbox('curl', '-m', time, '--from', 'cluster1', 'a')).toMatchObject({ code: 0, stderr: '' });
  });

  it('curl exits with the exit code of curl', async () => {
    expect(await sandbox('curl', '-f', '--from', 'cluster1', 'a')).toEqual({
      code: 22,
      stdout: '',
      stderr: 'error: [CTM_SANDBOX_CURL] curl: (22) The requested URL returned error: 404\n',
    });
    answer = { ok: false, code: 6, message: 'curl: (6) Could not resolve host: a' };
    expect(await sandbox('curl', '--from', 'cluster1', 'a')).toEqual({
      code: 6,
      stdout: '',
      stderr: 'error: [CTM_SANDBOX_CURL] curl: (6) Could not resolve host: a\n',
    });
  });

  it.each([
    ['a: [', /manifest\.yaml, document 1: Flow sequence/],
    ['a: 1\n', /manifest\.yaml, document 1: .*apiVersion/],
    ['apiVersion: v1\nkind: Pod\nmetadata: {}\n', /manifest\.yaml, document 1: .*metadata\.name/],
  ])('apply rejects %j', async (text, message) => {
    const file = join(dir, 'manifest.yaml');
    await writeFile(file, text);
    const { code, stderr } = await sandbox('apply', '--to', 'cluster1', '-f', file);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: \[CTM_SANDBOX_MANIFEST\] [^\n✖]*\n$/);
    expect(stderr).toMatch(message);
  });

  it('apply rejects a folder', async () => {
    const stderr = `error: [CTM_SANDBOX_MANIFEST] ${dir}: cannot be read: is a directory\n`;
    expect(await sandbox('apply', '--to', 'cluster1', '-f', dir)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('apply rejects a missing file', async () => {
    expect(await sandbox('apply', '--to', 'cluster1', '-f', join(dir, 'none.yaml'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/none\.yaml: cannot be read: no such file or directory\n$/),
    });
  });
});
