import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDnsServer } from '../../../../src/cli/listen-address.ts';
import { invoke } from '../../../support/invoke.ts';

describe('catamaran dns', () => {
  it.each([
    ['--listen', 'localhost:53'],
    ['--listen', '127.0.0.1:99999'],
    ['--http', 'nowhere'],
    ['--ttl', '-1'],
    ['--ttl', '3601'],
    ['--zone', 'a..b'],
    ['--zone', '.'],
    ['--zone', 'a b'],
    ['--zone', 'été.local'],
    ['--zone', 'a{}.local'],
    ['--zone', `${'z'.repeat(63)}.`.repeat(4)],
    ['--listen', ':53'],
    ['--context', ''],
    ['--kubeconfig', ''],
    ['--stale-after', 'soon'],
    ['--rate-limit', 'x'],
  ])('%s %s is a usage error', async (option, value) => {
    const { code, stdout, stderr } = await invoke(['dns', option, value]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`CTM_USAGE.*${option}`));
  });
});

describe('catamaran dns enable, disable, check', () => {
  it.each([
    [['enable', '--mode', 'stub'], '--zone', 'a b'],
    [['disable'], '--zone', 'x {'],
    [['check'], '--zone', ''],
    [['enable', '--mode', 'stub'], '--forward', 'coredns'],
    [['enable', '--mode', 'stub'], '--forward', ''],
    [['enable', '--mode', 'stub'], '--forward', '53'],
    [['enable', '--mode', 'stub'], '--forward', '10.96.0.53:0'],
    [['enable', '--mode', 'stub'], '--forward', '10.96.0.53:65536'],
    [['enable', '--mode', 'stub'], '--forward', '10.96.0.53.1'],
    [['enable', '--mode', 'coredns'], '--forward', '10.96.0.53'],
    [['enable'], '--mode', 'corefile'],
    [['check'], '--server', '10.96.0.10:0'],
    [['check'], '--server', 'kube-dns:53'],
    [['check'], '--output', 'wide'],
    [['check'], '--configmap', 'coredns'],
    [['check'], '--configmap', 'kube-system/core dns'],
    [['check'], '--cluster-role', ''],
  ])('%j %s %j is a usage error', async (command, option, value) => {
    const { code, stdout, stderr } = await invoke(['dns', ...command, option, value]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error: \\[CTM_USAGE\\] .*${option}`));
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it.each([
    ['enabel', '\n(Did you mean enable?)'],
    ['restart', '; available: enable, disable, check'],
  ])('%s is an unknown command: %s', async (word, advice) => {
    expect(await invoke(['dns', word])).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: [CTM_USAGE] unknown command '${word}'${advice}\n`,
    });
  });
});

describe('with an API server that accepts connections but does not respond', () => {
  const silent = createServer();
  let dir: string;
  let kubeconfig: string;

  beforeAll(async () => {
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    dir = await mkdtemp(join(tmpdir(), 'catamaran-dns-'));
    kubeconfig = join(dir, 'kubeconfig');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'a',
      clusters: [{ name: 'a', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'a', user: {} }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    };
    await writeFile(kubeconfig, JSON.stringify(config));
  });
  afterAll(async () => {
    silent.close();
    await rm(dir, { recursive: true });
  });

  it.each([[['check']], [['disable']], [['enable', '--mode', 'coredns']]])('%j exits on Ctrl-C', async (command) => {
    const stop = new AbortController();
    silent.once('connection', () => stop.abort(new DOMException('stopped by SIGINT', 'AbortError')));
    const done = await invoke(['dns', ...command, '--kubeconfig', kubeconfig], { signal: stop.signal });
    expect(done).toEqual({ code: 130, stdout: '', stderr: '' });
  });
});

describe('parseDnsServer', () => {
  it.each([
    ['10.96.0.53', '10.96.0.53', 53],
    ['10.96.0.53:5353', '10.96.0.53', 5353],
    ['fd00::53', 'fd00::53', 53],
    ['[fd00::53]', 'fd00::53', 53],
    ['[fd00::53]:5353', 'fd00::53', 5353],
  ])('%s', (text, host, port) => {
    expect(parseDnsServer(text)).toEqual({ host, port });
  });
});
