import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadKubeconfig } from '../../../../src/kube/kubeconfig/kubeconfig.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const V1 = 'client.authentication.k8s.io/v1';
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'catamaran-exec-'));
});

afterAll(() => {
  rmSync(dir, { recursive: true });
});

/** Loads a kubeconfig with a plugin in the same directory, a shell script. */
async function withPlugin(script: string, exec: object = {}, clock = new ManualClock()) {
  writeFileSync(join(dir, 'plugin'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const file = join(dir, 'config');
  writeFileSync(
    file,
    stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      clusters: [
        {
          name: 'k',
          cluster: {
            server: 'https://203.0.113.7',
            extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'fleet' } }],
          },
        },
      ],
      users: [{ name: 'u', user: { exec: { apiVersion: V1, command: './plugin', ...exec } } }],
    }),
  );
  const environment = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' };
  return (await loadKubeconfig({ files: [file], trust: 'user', clock, environment })).credentials;
}

function credential(status: object, apiVersion = V1): string {
  return `cat <<'END'\n${JSON.stringify({ kind: 'ExecCredential', apiVersion, status })}\nEND`;
}

describe('an exec plugin', () => {
  it('returns a token, loaded once for all requests until a 401', async () => {
    const credentials = await withPlugin(
      `echo x >> ${join(dir, 'runs')}; runs=$(wc -l < ${join(dir, 'runs')} | tr -d ' ')
echo '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"t'$runs'"}}'`,
    );
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer t1' });
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer t1' });
    credentials.invalidate(await credentials.headers());
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer t2' });
  });

  it('runs again when its credential expires', async () => {
    const clock = new ManualClock();
    const credentials = await withPlugin(
      `echo x >> ${join(dir, 'expiring')}; runs=$(wc -l < ${join(dir, 'expiring')} | tr -d ' ')
echo '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"t'$runs'","expirationTimestamp":"${new Date(clock.now() + 60_000).toISOString()}"}}'`,
      {},
      clock,
    );
    await credentials.headers();
    clock.step(45_000);
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer t1' });
    clock.step(10_000);
    expect(await credentials.headers()).toEqual({ authorization: 'Bearer t2' });
  });

  it('returns a client certificate', async () => {
    const credentials = await withPlugin(credential({ clientCertificateData: 'CERT', clientKeyData: 'KEY' }));
    expect(await credentials.certificate()).toEqual({ cert: 'CERT', key: 'KEY' });
    expect(await credentials.headers()).toEqual({});
  });

  it('receives cluster info on request, its arguments and environment, and no terminal', async () => {
    const out = join(dir, 'input');
    const credentials = await withPlugin(
      `{ echo "$1 $REGION"; cat; echo "$KUBERNETES_EXEC_INFO"; } > ${out}\n${credential({ token: 't' })}`,
      { provideClusterInfo: true, args: ['get-token'], env: [{ name: 'REGION', value: 'eu' }] },
    );
    await credentials.headers();
    const [first, info] = readFileSync(out, 'utf8').split('\n');
    expect(first).toBe('get-token eu');
    expect(JSON.parse(info ?? '')).toEqual({
      apiVersion: V1,
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://203.0.113.7', config: { audience: 'fleet' } } },
    });
  });

  const failures: [string, string, object, string][] = [
    ['fails', 'echo SECRET; echo "no session: log in" >&2; exit 3', {}, 'exited with code 3: no session: log in'],
    ['prints no JSON', 'echo SECRET', {}, 'output is not JSON'],
    ['prints nothing', 'true', {}, 'output is not JSON'],
    [
      'prints no status',
      `echo '{"kind":"ExecCredential","apiVersion":"${V1}"}'`,
      {},
      'invalid ExecCredential: wrong or missing status',
    ],
    ['prints an empty status', credential({}), {}, 'returned neither token nor client certificate'],
    [
      'prints half a certificate',
      credential({ clientKeyData: 'SECRET' }),
      {},
      'returned one of clientCertificateData and clientKeyData without the other',
    ],
    [
      'prints another version',
      credential({ token: 'SECRET' }, 'client.authentication.k8s.io/v1beta1'),
      {},
      `returned apiVersion client.authentication.k8s.io/v1beta1; the kubeconfig requires ${V1}`,
    ],
    [
      'prints a token of two words',
      credential({ token: 'SECRET x' }),
      {},
      'returned a token with spaces or control characters',
    ],
    [
      'is not installed',
      '',
      { command: 'no-such-plugin', installHint: 'Install it with brew.' },
      'not found (Install it with brew.)',
    ],
  ];

  it.each(failures)('that %s is reported without its output', async (_what, script, exec, problem) => {
    const credentials = await withPlugin(script, exec);
    const error = await credentials.headers().then(
      () => new Error('no error'),
      (reason: Error) => reason,
    );
    const command = 'command' in exec ? exec.command : './plugin';
    expect(error).toMatchObject({ code: 'CTM_CREDENTIALS' });
    expect(error.message).toBe(
      `${join(dir, 'config')}: users[name=u].user.exec: exec plugin ${String(command)}: ${problem}`,
    );
    expect(error.message).not.toContain('SECRET');
  });

  it.each([
    ['hangs', '', 'exec sleep 20'],
    ['waits for a child process that hangs', 'sleep 20 &', 'wait'],
  ])('that %s is killed', async (what, before, script) => {
    const clock = new ManualClock();
    const started = join(dir, `started: ${what}`);
    const credentials = await withPlugin(`${before} touch '${started}'; ${script}`, {}, clock);
    const headers = credentials.headers();
    const failed = expect(headers).rejects.toThrow('exec plugin ./plugin: did not exit within 60 s');
    await expect.poll(() => existsSync(started)).toBe(true);
    await clock.advance(60_001);
    await failed;
  });
});
