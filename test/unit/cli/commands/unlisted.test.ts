/** `run --dry-run` and `config check --connect` over a fleet in which members cannot be listed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Cluster, type ResourceName, startCluster } from 'kubesim';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CRDS } from '../../../../src/api/crd-manifests.ts';
import { selfSigned } from '../../../support/certificates.ts';
import { serviceExport, slice, service as webService } from '../../../support/clusters/manifests.ts';
import { invoke, MAIN } from '../../../support/invoke.ts';
import { base64, kubeconfig } from '../../../support/kubeconfigs.ts';

const CLOSED = 'https://127.0.0.1:1';

let dir: string;
let honest: Cluster;
let forbidding: Server;

/** An empty cluster that may not be asked for Services. */
async function startForbidding(): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const answer = (code: number, body: object) => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const status = (code: number, reason: string, message = '') =>
      answer(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message });
    if (pathname === '/version') answer(200, { minor: '34' });
    else if (pathname.endsWith('/kube-system')) answer(200, { kind: 'Namespace', metadata: { uid: 'forbidding' } });
    else if (pathname === '/api/v1/services') status(403, 'Forbidden', 'services is forbidden: no list');
    else if (pathname.endsWith('/servicecidrs/kubernetes')) status(404, 'NotFound');
    else if (searchParams.has('watch')) status(400, 'BadRequest');
    else if (pathname.endsWith('/services/kubernetes')) status(403, 'Forbidden');
    else answer(200, { kind: 'AnyList', metadata: { resourceVersion: '1' }, items: [] });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Writes a fleet of members, each with the content of its kubeconfig; without one, the file does not exist. */
async function fleetOf(members: Readonly<Record<string, { readonly file?: string; readonly context?: string }>>) {
  const config = join(dir, 'fleet.yaml');
  for (const [name, { file }] of Object.entries(members)) if (file) await writeFile(join(dir, name), file);
  const spec = {
    members: Object.entries(members).map(([name, { context }], index) => ({
      name,
      podCIDRs: [`10.${index + 1}.0.0/16`],
      kubeconfig: name,
      ...(context && { context }),
    })),
  };
  await writeFile(config, JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec }));
  return config;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-unlisted-'));
  honest = await startCluster({ crds: CRDS, workloads: false });
  const { api } = honest;
  const create = (resource: ResourceName, manifest: object) =>
    api.create(resource, JSON.parse(JSON.stringify(manifest)));
  create('/services', webService('default', 'web'));
  create('discovery.k8s.io/endpointslices', slice('default', 'web', 'web-a', ['10.1.0.1']));
  create('multicluster.x-k8s.io/serviceexports', serviceExport('default', 'web'));
  forbidding = await startForbidding();
});

afterAll(async () => {
  await honest.close();
  forbidding.close();
  forbidding.closeAllConnections();
  await rm(dir, { recursive: true });
});

const cases = (): Record<string, { member: { file?: string; context?: string }; code: string }> => {
  const { server, ca, token } = honest;
  const access = { server, 'certificate-authority-data': base64(ca) };
  const otherCa = base64(selfSigned('another authority').cert);
  return {
    'no-kubeconfig': { member: {}, code: 'CTM_KUBECONFIG_READ' },
    'wrong-context': {
      member: { file: kubeconfig(access, { token }), context: 'other' },
      code: 'CTM_KUBECONFIG_INVALID',
    },
    refused: { member: { file: kubeconfig({ server: CLOSED }) }, code: 'CTM_API_UNREACHABLE' },
    'unknown-host': { member: { file: kubeconfig({ server: 'https://api.invalid' }) }, code: 'CTM_API_UNREACHABLE' },
    unauthorized: { member: { file: kubeconfig(access, { token: 'revoked' }) }, code: 'CTM_API_STATUS' },
    'wrong-ca': {
      member: { file: kubeconfig({ server, 'certificate-authority-data': otherCa }, { token }) },
      code: 'CTM_API_TLS',
    },
    forbidden: {
      member: { file: kubeconfig({ server: `http://127.0.0.1:${portOf(forbidding)}` }) },
      code: 'CTM_API_STATUS',
    },
  };
};

const NAMES = ['no-kubeconfig', 'wrong-context', 'refused', 'unknown-host', 'unauthorized', 'wrong-ca', 'forbidden'];

describe('a dry run', () => {
  it.each(NAMES)('fails without a claim about a fleet whose only member is %s', async (name) => {
    const { member, code } = cases()[name] ?? { member: {}, code: '' };
    const config = await fleetOf({ [name]: member });
    const outcome = await invoke(['run', '--config', config, '--dry-run']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(new RegExp(`^error: \\[${code}\\] member "${name}" could not be listed: .+\n$`));
  });

  it.each(['table', 'json'])('prints what is known of the others, as %s', async (format) => {
    const failing = Object.fromEntries(Object.entries(cases()).map(([name, { member }]) => [name, member]));
    const config = await fleetOf({ honest: { file: honest.kubeconfig }, ...failing });
    const outcome = await invoke(['run', '--config', config, '--dry-run', '--output', format]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('serviceImports');
    if (format === 'json') {
      expect(JSON.parse(outcome.stdout)).toContainEqual(expect.objectContaining({ member: 'honest', op: 'create' }));
    }
    const lines = outcome.stderr.trimEnd().split('\n');
    expect(lines.map((line) => /member "([^"]+)"/.exec(line)?.[1]).toSorted()).toEqual(NAMES.toSorted());
  });

  it('succeeds if all members were listed', async () => {
    const config = await fleetOf({ honest: { file: honest.kubeconfig } });
    const outcome = await invoke(['run', '--config', config, '--dry-run']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain('serviceImports/default/web');
  });
});

describe('config check --connect', () => {
  it('lists the members and fails if one cannot be listed', async () => {
    const { member } = cases().unauthorized ?? { member: {} };
    const config = await fleetOf({ honest: { file: honest.kubeconfig }, unauthorized: member });
    const outcome = await invoke(['config', 'check', '--config', config, '--connect']);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toBe(
      `${config}: ok, 2 members: honest, unauthorized\nMEMBER   EXPORTS   IMPORTS\nhonest   1         0\n`,
    );
    expect(outcome.stderr).toMatch(/^error: \[CTM_API_STATUS\] member "unauthorized" could not be listed: .*401.*\n$/);
  });

  it('verifies certificates and connects directly, whatever the environment asks for', async () => {
    const { member } = cases()['wrong-ca'] ?? { member: {} };
    const config = await fleetOf({ honest: { file: honest.kubeconfig }, 'wrong-ca': member });
    const proxy = 'http://127.0.0.1:1';
    const child = spawn(process.execPath, [MAIN, 'config', 'check', '--config', config, '--connect'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_USE_ENV_PROXY: '1' },
        ...{ HTTPS_PROXY: proxy, https_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy },
      },
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect(stdout).toMatch(/honest +1 +0/);
    expect(stderr).toMatch(/error: \[CTM_API_TLS\] member "wrong-ca" could not be listed: /);
    expect(child.exitCode).toBe(1);
  }, 30_000);

  it('connects to no member without the option', async () => {
    const config = await fleetOf({ refused: { file: kubeconfig({ server: CLOSED }) } });
    const outcome = await invoke(['config', 'check', '--config', config]);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });
});
