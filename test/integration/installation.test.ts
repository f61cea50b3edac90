/** `catamaran install` and `uninstall` on a real API server, and the admission policy that they install. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { run } from '../../tools/controlplane/component.ts';
import { service, serviceImport, slice } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { sharedPlanes } from '../support/clusters/shared-planes.ts';
import { invoke } from '../support/invoke.ts';

const SYSTEM = 'catamaran-install-test';
const ACCOUNT = `system:serviceaccount:${SYSTEM}:catamaran`;

const EVERYTHING = ['--mode', 'cluster', '--values'];

let cluster: Cluster;
let ns: string;
let directory: string;

/** A file with values. */
async function values(text: string): Promise<string> {
  const file = join(directory, 'values.yaml');
  await writeFile(file, text);
  return file;
}

function catamaran(command: 'install' | 'uninstall', ...args: readonly string[]) {
  return invoke([command, '--kubeconfig', cluster.plane.kubeconfig, '--namespace', SYSTEM, ...args]);
}

/** Runs kubectl as the account of the controller. */
function asController(...args: readonly string[]): Promise<string> {
  return cluster.kubectl('--as', ACCOUNT, '--as-group', 'system:serviceaccounts', ...args);
}

/** Creates an object as the account of the controller. */
function createAs(object: object): Promise<string> {
  const args = ['--kubeconfig', cluster.plane.kubeconfig, '--as', ACCOUNT, 'create', '-f', '-'];
  return run(findBinary('kubectl'), args, { input: JSON.stringify(object) });
}

const names = (text: string, action: string) =>
  text
    .split('\n')
    .filter((line) => line.includes(` ${action}`))
    .map((line) => line.slice(0, line.indexOf(` ${action}`)));

beforeAll(async () => {
  [cluster] = await sharedClusters();
  ns = await freshNamespace([cluster], 'install');
  directory = await mkdtemp(join(tmpdir(), 'catamaran-install-'));
});

afterAll(async () => {
  await catamaran('uninstall');
  await rm(directory, { recursive: true });
  await cluster.kubectl('delete', 'namespace', SYSTEM, ns, '--wait=false', '--ignore-not-found');
});

describe('catamaran install', () => {
  it('writes nothing in a dry run', async () => {
    const { code, stdout } = await catamaran('install', '--mode', 'member', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain(`serviceaccounts ${SYSTEM}/catamaran created (dry run)\n`);
    await expect(cluster.kubectl('get', 'namespace', SYSTEM)).rejects.toThrow('not found');
  });

  it('creates every object that an API server accepts, and changes nothing again', async () => {
    const first = await catamaran('install', ...EVERYTHING, await values('dns: { enabled: true }'));
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(names(first.stdout, 'created')).toContain(`deployments.apps ${SYSTEM}/catamaran`);
    const second = await catamaran('install', ...EVERYTHING, await values('dns: { enabled: true }'));
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(names(second.stdout, 'created')).toEqual([]);
    expect(names(second.stdout, 'configured')).toEqual([]);
  });

  it('changes what differs', async () => {
    await cluster.kubectl('--namespace', SYSTEM, 'scale', 'deployment/catamaran', '--replicas=5');
    const { stdout } = await catamaran('install', ...EVERYTHING, await values('dns: { enabled: true }'));
    expect(names(stdout, 'configured')).toEqual([`deployments.apps ${SYSTEM}/catamaran`]);
  });

  it('writes nothing if an object is managed by another installer', async () => {
    await cluster.kubectl('label', 'clusterrole/catamaran', 'app.kubernetes.io/managed-by=Helm', '--overwrite');
    await cluster.kubectl('--namespace', SYSTEM, 'scale', 'deployment/catamaran', '--replicas=5');
    const { code, stdout, stderr } = await catamaran('install', '--mode', 'cluster');
    await cluster.kubectl(
      'label',
      'clusterrole/catamaran',
      'app.kubernetes.io/managed-by=catamaran-install',
      '--overwrite',
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      'error: [CTM_INSTALL_REFUSED] clusterroles.rbac.authorization.k8s.io catamaran already exists and is managed by "Helm"; use helm upgrade\n',
    );
    const scale = await cluster.kubectl(
      '--namespace',
      SYSTEM,
      'get',
      'deployment/catamaran',
      '-o',
      'jsonpath={.spec.replicas}',
    );
    expect(scale).toBe('5');
  });

  it('names an API that the cluster does not serve', async () => {
    const monitored = 'serviceMonitor: { enabled: true }\nprometheusRule: { enabled: true }';
    const { code, stderr } = await catamaran('install', '--values', await values(monitored));
    expect(code).toBe(2);
    for (const kind of ['servicemonitors', 'prometheusrules']) {
      expect(stderr).toContain(`the cluster does not serve ${kind}.monitoring.coreos.com; turn it off in the values`);
    }
  });
});

/** Kubernetes 1.30 and later. */
const hasPolicies = sharedPlanes().every(({ features }) => features.admissionPolicies);

it('there is an admission policy if the API server has them', async () => {
  const kinds = await cluster.kubectl('api-resources', '-o', 'name');
  expect(kinds.includes('validatingadmissionpolicies')).toBe(hasPolicies);
});

function policyTests(): void {
  const label = { 'app.kubernetes.io/managed-by': 'catamaran.dev', 'catamaran.dev/derived-from': 'web' };
  let owner: object;

  /** A Service as the controller creates it. */
  const derived = (name: string, spec: object = {}, metadata: object = {}) => ({
    ...service(ns, name),
    metadata: { namespace: ns, name, labels: label, ownerReferences: [owner], ...metadata },
    spec: { ...service(ns, name).spec, ...spec },
  });

  beforeAll(async () => {
    await cluster.apply(service(ns, 'theirs'), serviceImport(ns, 'web'), slice(ns, 'theirs', 'theirs-1', ['10.9.9.9']));
    const uid = await cluster.kubectl('-n', ns, 'get', 'serviceimport', 'web', '-o', 'jsonpath={.metadata.uid}');
    owner = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: 'web', uid };
    // A new policy applies after a moment.
    await eventually(async () => {
      await expect(asController('-n', ns, 'delete', 'service', 'theirs', '--dry-run=server')).rejects.toThrow('denied');
    });
  });

  it('lets the controller do its work', async () => {
    await createAs(derived('amcs-kept'));
    await createAs(derived('amcs-web'));
    await asController(
      '-n',
      ns,
      'patch',
      'service',
      'amcs-web',
      '--type=merge',
      '-p',
      '{"metadata":{"annotations":{"a":"b"}}}',
    );
    await asController('-n', ns, 'delete', 'service', 'amcs-web', '--wait=false');
    await asController(
      '-n',
      ns,
      'patch',
      'serviceimport',
      'web',
      '--type=merge',
      '-p',
      '{"spec":{"ips":["10.0.0.9"]}}',
    );
  });

  it.each([
    ['a Service without labels', () => derived('a', {}, { labels: {} })],
    ['a Service that no import owns', () => derived('a', {}, { ownerReferences: [] })],
    [
      'a Service of another manager',
      () => derived('a', {}, { labels: { ...label, 'app.kubernetes.io/managed-by': 'x' } }),
    ],
    ['a selector', () => derived('a', { selector: { app: 'theirs' } })],
    ['externalIPs', () => derived('a', { externalIPs: ['203.0.113.1'] })],
    ['a NodePort', () => derived('a', { type: 'NodePort' })],
    ['a LoadBalancer', () => derived('a', { type: 'LoadBalancer' })],
    ['an ExternalName', () => derived('a', { type: 'ExternalName', externalName: 'example.com' })],
    ['a slice without its labels', () => slice(ns, 'theirs', 'forged', ['10.9.9.9'])],
    ['an import that is not marked as automatic', () => serviceImport(ns, 'forged')],
    [
      'a Lease of another name',
      () => ({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace: 'kube-system', name: 'x' },
      }),
    ],
  ])('stops the creation of %s', async (_, object) => {
    await expect(createAs(object())).rejects.toThrow("ValidatingAdmissionPolicy 'catamaran'");
  });

  it.each([
    ['labels', { metadata: { labels: { 'app.kubernetes.io/managed-by': null, 'catamaran.dev/derived-from': null } } }],
    ['its owner', { metadata: { ownerReferences: null } }],
    ['no selector', { spec: { selector: { app: 'theirs' } } }],
    ['no externalIPs', { spec: { externalIPs: ['203.0.113.1'] } }],
    ['its type', { spec: { type: 'ExternalName', externalName: 'example.com' } }],
  ])('holds a derived Service to %s', async (_, patch) => {
    const json = JSON.stringify(patch);
    await expect(asController('-n', ns, 'patch', 'service', 'amcs-kept', '--type=merge', '-p', json)).rejects.toThrow(
      "ValidatingAdmissionPolicy 'catamaran'",
    );
  });

  it.each([
    ['delete', 'service', 'theirs'],
    ['delete', 'endpointslice', 'theirs-1'],
    ['delete', 'serviceimport', 'web'],
    ['patch', 'service', 'theirs', '--type=merge', '-p', '{"metadata":{"labels":{"a":"b"}}}'],
    ['patch', 'endpointslice', 'theirs-1', '--type=merge', '-p', '{"endpoints":[]}'],
    ['patch', 'serviceimport', 'web', '--type=merge', '-p', '{"spec":{"type":"Headless"}}'],
  ])('stops: %s %s %s', async (...command) => {
    await expect(asController('-n', ns, ...command)).rejects.toThrow("ValidatingAdmissionPolicy 'catamaran'");
  });

  it('allows the changes of the console, and no others, with console.write', async () => {
    const console = await values('dns: { enabled: true }\nconsole: { enabled: true, write: true }');
    expect(await catamaran('install', ...EVERYTHING, console)).toMatchObject({ code: 0 });
    const exported = { ...serviceImport(ns, 'from-console'), kind: 'ServiceExport', spec: undefined };
    await eventually(() => createAs(serviceImport(ns, 'from-console')));
    await createAs(exported);
    const labelled = [
      'patch',
      'serviceexport',
      'from-console',
      '--type=merge',
      '-p',
      '{"metadata":{"labels":{"a":"b"}}}',
    ];
    await expect(asController('-n', ns, ...labelled)).rejects.toThrow('forbidden');
    const deleted = ['delete', '-n', ns, 'serviceimport,serviceexport', 'from-console', '--wait=false'];
    expect((await asController(...deleted)).split('\n').filter(Boolean)).toHaveLength(2);
    const owned = serviceImport(ns, 'owned');
    await expect(
      createAs({ ...owned, metadata: { ...Object(owned).metadata, ownerReferences: [owner] } }),
    ).rejects.toThrow("ValidatingAdmissionPolicy 'catamaran'");
    for (const command of [
      ['delete', 'service', 'theirs'],
      ['patch', 'serviceimport', 'web', '--type=merge', '-p', '{"spec":{"type":"Headless"}}'],
    ]) {
      await expect(asController('-n', ns, ...command)).rejects.toThrow("ValidatingAdmissionPolicy 'catamaran'");
    }
  });
}

if (hasPolicies) describe('the admission policy', policyTests);

describe('catamaran uninstall', () => {
  it('deletes what was installed, and lists what stays', async () => {
    const { code, stdout } = await catamaran('uninstall');
    expect(code).toBe(0);
    expect(names(stdout, 'deleted')).toContain(`deployments.apps ${SYSTEM}/catamaran`);
    expect(names(stdout, 'kept')).toEqual(
      expect.arrayContaining([
        'customresourcedefinitions.apiextensions.k8s.io serviceexports.multicluster.x-k8s.io',
        `namespaces ${SYSTEM}`,
      ]),
    );
    const label = 'app.kubernetes.io/part-of=catamaran';
    const policies = hasPolicies ? ',validatingadmissionpolicies,validatingadmissionpolicybindings' : '';
    const kinds = `deployments,services,configmaps,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,networkpolicies,poddisruptionbudgets${policies}`;
    await eventually(async () =>
      expect(await cluster.kubectl('get', kinds, '--all-namespaces', '-l', label, '-o', 'name')).toBe(''),
    );
  });

  it('fails if there is nothing', async () => {
    const { code, stderr } = await catamaran('uninstall');
    expect(code).toBe(1);
    expect(stderr).toContain('[CTM_INSTALL_NONE] nothing is installed in namespace');
  });
});
