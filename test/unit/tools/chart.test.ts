/** The Helm chart, rendered by Helm: it is what `catamaran install` creates, for any values. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import type { JsonObject } from '../../../src/api/json.ts';
import { INSTALLER, installedObjects } from '../../../src/install/installation.ts';
import { CHART, chartFiles } from '../../../tools/codegen/helm-chart.ts';
import { findBinary } from '../../../tools/controlplane/binaries.ts';
import { ROOT } from '../../../tools/paths.ts';

const NAMESPACE = 'catamaran-system';
const chart = join(ROOT, CHART);
const { version } = packageJson;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'catamaran-chart-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Helm without anything of the user who runs the tests. */
function helm(...args: readonly string[]) {
  const env = { HOME: directory, PATH: '' };
  return spawnSync(findBinary('helm'), args, { encoding: 'utf8', env });
}

function template(values: JsonObject, kubernetes: string) {
  const file = join(directory, 'values.yaml');
  writeFileSync(file, stringify(values));
  const options = ['--namespace', NAMESPACE, '--values', file, '--kube-version', kubernetes];
  return helm('template', 'test', chart, ...options);
}

function sorted(objects: readonly JsonObject[]): readonly string[] {
  return objects.map((object) => stringify(object, { sortMapEntries: true })).toSorted();
}

/** The text of the fleet file is JSON, in which Helm writes some characters otherwise. */
function comparable(object: JsonObject): JsonObject {
  const fleet = Object(object.data)['fleet.yaml'];
  return fleet === undefined ? object : { ...object, data: JSON.parse(fleet) };
}

function rendered(values: JsonObject, kubernetes: string): readonly JsonObject[] {
  const { stdout, stderr, status } = template(values, kubernetes);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return parseAllDocuments(stdout.replaceAll(/"?\bHelm\b"?/g, INSTALLER))
    .map((document): JsonObject => document.toJS())
    .filter((object) => object !== null);
}

const FULL: JsonObject = {
  fleet: {
    members: [
      { name: 'cluster1', kubeconfig: 'kubeconfigs/one', podCIDRs: ['10.1.0.0/16'] },
      { name: 'cluster2', inCluster: true },
    ],
    namespaces: [{ name: 'team-*', export: { members: ['cluster1'] } }],
    limits: { exportsPerMember: 100_000 },
  },
  kubeconfigSecrets: [{ name: 'one' }, { name: 'two', key: 'value' }],
  image: { repository: 'registry.example.com/a/catamaran', tag: '1', pullPolicy: 'Always', pullSecrets: ['a', 'b'] },
  controller: { replicas: 3, logLevel: 'debug', extraArgs: ['--log-format', 'text'], resources: { limits: null } },
  console: { enabled: true, write: true, port: 8443, hosts: ['console.example.com', 'other.example.com'] },
  dns: { enabled: true, replicas: 1, zone: 'example.local', extraArgs: ['--ttl', '10'], priorityClassName: '' },
  crds: { keep: false },
  lease: { namespace: 'leases', name: 'other' },
  admissionPolicy: { action: 'Audit' },
  serviceAccount: { annotations: { 'example.com/role': 'arn:aws:iam::1:role/x' } },
  networkPolicy: { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 6443 }] }] },
  serviceMonitor: { enabled: true, interval: '1m', labels: { release: 'prometheus' } },
  prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
  dashboard: { enabled: true, labels: { folder: 'network' } },
  podAnnotations: { a: 'true', b: '1' },
  podLabels: { team: 'network' },
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 5 }],
  priorityClassName: 'high',
};

const OFF: JsonObject = {
  fleetConfigMap: 'own-fleet',
  image: { digest: `sha256:${'0'.repeat(64)}` },
  crds: { enabled: false },
  admissionPolicy: { enabled: false },
  podDisruptionBudget: { enabled: false },
  networkPolicy: { enabled: false },
};

const READ_ONLY: JsonObject = { console: { enabled: true } };

describe('the chart', () => {
  const modes = ['hub', 'cluster', 'member', 'dns'];
  const cases = modes.flatMap((mode) =>
    [{}, FULL, OFF, READ_ONLY].map(
      (values, i) => [`${mode} ${['default', 'full', 'off', 'read-only console'][i]}`, { ...values, mode }] as const,
    ),
  );

  it.each(cases)('has the objects of catamaran install: %s', (_, values) => {
    const objects = installedObjects({ namespace: NAMESPACE, values, version, kubernetes: '1.34' });
    expect(sorted(rendered(values, '1.34').map(comparable))).toEqual(sorted(objects.map(comparable)));
  });

  it.each(['1.22', '1.29', '1.30'])('does so on Kubernetes %s', (kubernetes) => {
    const values = { mode: 'cluster' };
    const objects = installedObjects({ namespace: NAMESPACE, values, version, kubernetes });
    expect(sorted(rendered(values, kubernetes).map(comparable))).toEqual(sorted(objects.map(comparable)));
  });

  it('passes helm lint', () => {
    const { status, stdout } = helm('lint', '--strict', chart);
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('0 chart(s) failed') });
  });

  it.each([
    [{ mode: 'hubb' }, 'mode'],
    [{ controller: { replicas: 0 } }, 'replicas'],
    [{ imag: {} }, 'imag'],
    [{ console: { port: 80 } }, 'port'],
    [{ console: { port: 9470 } }, 'port'],
    [{ console: { hosts: ['https://console.example.com'] } }, 'hosts'],
    [{ fleet: { members: [{ name: 'Not a label' }] } }, 'name'],
    [{ fleet: { member: [] } }, 'member'],
  ])('refuses %j', (values, field) => {
    const { status, stderr } = template(values, '1.34');
    expect(status).not.toBe(0);
    expect(stderr).toContain(field);
  });

  it('has no other templates than those generated, and its notes', () => {
    const templates = readdirSync(join(chart, 'templates')).map((name) => `${CHART}/templates/${name}`);
    const generated = [...chartFiles().keys()].filter((path) => path.includes('/templates/'));
    expect(templates.toSorted()).toEqual([...generated, `${CHART}/templates/NOTES.txt`].toSorted());
  });

  it('has notes for each mode', () => {
    for (const [mode, note] of [
      ['hub', 'Add each cluster to the fleet'],
      ['member', 'create token catamaran'],
      ['dns', 'catamaran dns enable --mode stub'],
    ] as const) {
      const args = ['install', 'test', chart, '--namespace', NAMESPACE, '--dry-run=client', '--set', `mode=${mode}`];
      const printed = execFileSync(findBinary('helm'), args, { encoding: 'utf8', env: { HOME: directory, PATH: '' } });
      expect(printed.slice(printed.indexOf('NOTES:'))).toContain(note);
    }
  });
});
