/** Programs of pods: the commands that documents run in them, and what they answer. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/machinery/json.ts';
import { ManualClock } from '../../src/manual-clock.ts';
import { startWorld, type World } from '../support/network-world.ts';
import { deployment, NAMESPACE, service, statefulSet } from '../support/workload-cluster.ts';

const POD = 'mysql-client';

function pod(name: string, spec: JsonObject, container: JsonObject = {}): JsonObject {
  const containers = [{ name: 'main', image: 'mysql:5.6', ...container }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE }, spec: { ...spec, containers } };
}

/** A Service `web`, a headless `mysql` with a password, and a client. */
async function world(): Promise<World & { pass(): Promise<void> }> {
  const clock = new ManualClock();
  const started = await startWorld({ clock });
  const { api, workloads } = started.cluster1;
  const pass = async () => {
    await workloads.idle();
    await clock.advance(5000);
    await workloads.idle();
  };
  api.create('/services', service('web'));
  const ports = [{ containerPort: 8080, name: 'web' }];
  api.create('apps/deployments', deployment({ name: 'web', replicas: 1, container: { ports } }));
  api.create('/services', service('mysql', { clusterIP: 'None', ports: [{ name: 'tcp', port: 3306 }] }));
  const env = [{ name: 'MYSQL_ROOT_PASSWORD', value: 'password' }];
  api.create('apps/statefulsets', statefulSet({ name: 'mysql', replicas: 2, image: 'mysql:5.6', container: { env } }));
  api.create('/pods', pod(POD, {}, { command: ['sh', '-c', 'sleep 12000'], env: [{ name: 'SHOP', value: 'open' }] }));
  await pass();
  await pass();
  return { ...started, pass };
}

describe('a program', () => {
  it.each([
    ['curl', ['curl', '-s', 'web'], /^pod: web-\S+, namespace: default, cluster: cluster1,/],
    ['curl, status only', ['curl', '-so', '/dev/null', '-w', '%{http_code}\\n', 'web'], /^200\n$/],
    ['wget', ['wget', '-qO-', 'http://web'], /^pod: web-/],
    [
      'nslookup',
      ['nslookup', 'web'],
      /^Server:\t\t172\.17\.0\.10\n[\s\S]*\nName:\tweb\.default\.svc\.cluster\.local\nAddress: 172\.17\./,
    ],
    ['dig', ['dig', '+short', 'mysql-0.mysql.default.svc.cluster.local'], /^10\.1\.\d+\.\d+\n$/],
    [
      'dig, in full',
      ['dig', 'web.default.svc.cluster.local'],
      /status: NOERROR\n[\s\S]*\nweb\.default\.svc\.cluster\.local\.\t30\tIN\tA\t172\.17\./,
    ],
    ['hostname', ['hostname'], /^mysql-client\n$/],
    ['env', ['env'], /^HOSTNAME=mysql-client$[\s\S]*^SHOP=open$/m],
    [
      'cat /etc/resolv.conf',
      ['cat', '/etc/resolv.conf'],
      /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local\nnameserver 172\.17\.0\.10\noptions ndots:5\n$/,
    ],
    [
      'a shell',
      ['/bin/sh', '-c', 'echo "$SHOP" \'$SHOP\' && hostname; false || echo no # end'],
      /^open \$SHOP\nmysql-client\nno\n$/,
    ],
  ])('%s', async (_, command, output) => {
    const { exec } = await world();
    const ran = await exec('cluster1', POD, command);
    expect({ ...ran, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(ran.stdout).toMatch(output);
  });

  it.each([
    ['curl', ['curl', '-sS', 'nowhere'], 6, 'curl: (6) Could not resolve host: nowhere\n'],
    ['curl, silent', ['curl', '-s', 'nowhere'], 6, ''],
    ['wget', ['wget', '-O-', 'nowhere'], 1, "wget: bad address 'nowhere'\n"],
    ['cat', ['cat', '/etc/shadow'], 1, "cat: can't open '/etc/shadow': No such file or directory\n"],
    [
      'an unknown program',
      ['ls'],
      127,
      /^exec: "ls": executable file not found in \$PATH; kubesim pods have only cat, curl,/,
    ],
    ['a loop', ['sh', '-c', 'for i in 1 2; do curl web; done'], 2, /^sh: "for" is not supported: /],
    ['a pipe', ['sh', '-c', 'curl web | cat'], 2, /^sh: "\|" is not supported: /],
  ])('%s fails as the real one', async (_, command, code, stderr) => {
    const { exec } = await world();
    const ran = await exec('cluster1', POD, command);
    expect(ran.code).toBe(code);
    if (typeof stderr === 'string') expect(ran.stderr).toBe(stderr);
    else expect(ran.stderr).toMatch(stderr);
  });
});

describe('mysql', () => {
  const to = (host: string, ...more: string[]) => ['mysql', '-h', host, '-P3306', '-uroot', ...more];

  it('greets, and says which pod it reached', async () => {
    const { exec } = await world();
    const stdin = 'select @@hostname;\nexit\n';
    const ran = await exec('cluster1', POD, to('mysql-1.mysql', '-ppassword'), { stdin, tty: true });
    expect(ran).toMatchObject({
      code: 0,
      stderr: 'Warning: Using a password on the command line interface can be insecure.\n',
    });
    expect(ran.stdout).toMatch(/^Welcome to the MySQL monitor\. {2}Commands end with ; or \\g\.\n/);
    expect(ran.stdout).toMatch(/\nmysql> select @@hostname;\n@@hostname\nmysql-1\nmysql> exit\nBye\n$/);
  });

  it('answers statements from a pipe without a greeting', async () => {
    const { exec } = await world();
    const command = to('mysql-0.mysql', '-ppassword');
    const asked = await exec('cluster1', POD, command, { stdin: 'select @@hostname;' });
    expect(asked).toMatchObject({ code: 0, stdout: '@@hostname\nmysql-0\n' });
    expect((await exec('cluster1', POD, command)).stdout).toMatch(/^Welcome to the MySQL monitor\./);
    expect(await exec('cluster1', POD, [...command, '-e', 'drop table x'])).toMatchObject({ code: 1 });
  });

  it.each([
    ['nowhere', [], "ERROR 2005 (HY000): Unknown MySQL server host 'nowhere' (0)\n"],
    ['web', [], "ERROR 2003 (HY000): Can't connect to MySQL server on 'web' (111)\n"],
    [
      'mysql-0.mysql',
      [],
      /^ERROR 1045 \(28000\): Access denied for user 'root'@'10\.1\.\S+' \(using password: NO\)\n$/,
    ],
  ])('%s %j is an error', async (host, more, stderr) => {
    const { exec } = await world();
    const ran = await exec('cluster1', POD, to(host, ...more));
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(stderr);
  });
});

describe('a terminal', () => {
  it('echoes keys, which can be erased, and ends with Ctrl-D', async () => {
    const { exec } = await world();
    const ran = await exec('cluster1', POD, ['sh'], { stdin: 'hostnaMe\u007f\u007fme\rexit 3\r', tty: true });
    expect(ran).toEqual({ code: 3, stderr: '', stdout: '$ hostnaMe\b \b\b \bme\nmysql-client\n$ exit 3\n' });
    expect(await exec('cluster1', POD, ['sh'], { stdin: '\u0004', tty: true })).toMatchObject({ code: 0 });
  });
});

describe('the command of a pod', () => {
  const REQUEST = ['curl', '-s', 'web'];

  it('is run once and logged, if it is a program that ends', async () => {
    const { cluster1, pass } = await world();
    cluster1.api.create('/pods', pod('once', { restartPolicy: 'Never' }, { args: REQUEST }));
    cluster1.api.create('/pods', pod('failing', { restartPolicy: 'Never' }, { args: ['curl', 'nowhere'] }));
    await pass();
    const found = (name: string) => cluster1.objects.get('/pods', NAMESPACE, name)?.status;
    await expect.poll(() => found('once')?.phase).toBe('Succeeded');
    await expect.poll(() => found('failing')?.phase).toBe('Failed');
    expect(found('failing')?.containerStatuses).toMatchObject([{ state: { terminated: { exitCode: 6 } } }]);
    const log = cluster1.workloads.logs.read(NAMESPACE, 'once', undefined, {}, AbortSignal.abort());
    let text = '';
    for await (const line of log) text += line;
    expect(text).toMatch(/^pod: web-/m);
  });

  it('waits for who attaches, if it has stdin', async () => {
    const { cluster1, attach, pass } = await world();
    cluster1.api.create('/pods', pod('asked', { restartPolicy: 'Never' }, { args: REQUEST, stdin: true }));
    await pass();
    expect(cluster1.objects.get('/pods', NAMESPACE, 'asked')?.status?.phase).toBe('Running');
    expect(await attach('cluster1', 'asked')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pod: web-/) });
    expect(cluster1.objects.get('/pods', NAMESPACE, 'asked')?.status?.phase).toBe('Succeeded');
  });

  it('that is no program runs forever', async () => {
    const { cluster1, pass } = await world();
    cluster1.api.create('/pods', pod('server', { restartPolicy: 'Never' }, { command: ['serve'] }));
    await pass();
    expect(cluster1.objects.get('/pods', NAMESPACE, 'server')?.status?.phase).toBe('Running');
  });
});
