/**
 * Cilium's tutorial "Multi-Cluster Services API", with Catamaran in place of Cilium and its helm commands. The lab has
 * no internet access: CRDs come from `catamaran crds`, manifests from examples/cilium-mcsapi. CoreDNS is not rebuilt,
 * since 1.12.2 includes what the tutorial adds.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catamaran, startCatamaran } from './catamaran.ts';
import { ALLOW_COREDNS, CHANGE_COREFILE, plainDns, RESTART_COREDNS, WAIT_FOR_COREDNS } from './dns.ts';
import { commandsOf, commandsTyped, type Steps, writeTranscript } from './guide.ts';
import { type Cluster, eventually, type OpenLab, openLab, removePods } from './lab.ts';

const CALL = 'kubectl exec -ti deployment/x-wing -- curl rebel-base-mcsapi.default.svc.clusterset.local';

const steps: Steps = [];
let opened: OpenLab;
let both: readonly [Cluster, Cluster];
let cluster1: Cluster;
let cluster2: Cluster;
let catamaran: Catamaran;

beforeAll(async () => {
  opened = await openLab({ example: 'cilium-mcsapi', steps });
  ({ cluster1, cluster2 } = opened);
  both = [cluster1, cluster2];
  await plainDns(both);
  for (const cluster of both) await cluster.quietly('catamaran crds | kubectl delete --ignore-not-found -f -');
  await clean();
});

afterAll(async () => {
  await clean();
  await catamaran?.stop();
});

async function clean(): Promise<void> {
  for (const cluster of both) {
    await removePods(cluster, '--all', '-n', 'default');
    await cluster.quietly(
      `kubectl delete --ignore-not-found -f ${cluster.name}.yaml; kubectl delete service rebel-base-mcsapi troopers --ignore-not-found
       kubectl delete serviceexports --all || true`,
    );
  }
}

it('prerequisites: the CRDs', async () => {
  for (const cluster of both) {
    expect(await cluster.sh('catamaran crds | kubectl apply -f -')).toMatch(
      /serviceexports.* created\n.*serviceimports.* created\n/,
    );
  }
  catamaran = await startCatamaran(
    opened.lab,
    both.map((cluster) => cluster.lab),
  );
});

it('CoreDNS multicluster', async () => {
  for (const cluster of both) {
    await cluster.sh(ALLOW_COREDNS);
    await cluster.sh(CHANGE_COREFILE);
    await cluster.sh(RESTART_COREDNS);
    await cluster.sh(WAIT_FOR_COREDNS);
  }
});

describe('exporting a Service', () => {
  it('creates a ServiceImport in all clusters, with the endpoints of all', async () => {
    for (const cluster of both) {
      await cluster.sh(`kubectl apply -f ${cluster.name}.yaml`);
      await cluster.sh('kubectl apply -f serviceexport.yaml');
    }
    for (const cluster of both) {
      await cluster.until('kubectl get serviceimports', /rebel-base +ClusterSetIP +\["172\./);
      expect(await cluster.field('serviceimport', 'rebel-base', '{.status.clusters[*].cluster}')).toBe(
        'cluster1 cluster2',
      );
    }
  });

  it('deploys the simple example', async () => {
    for (const cluster of both) await cluster.sh('kubectl apply -f mcsapi-example.yaml');
    for (const cluster of both) await cluster.sh('kubectl rollout status deployment x-wing');
  });

  it('gets responses from pods in both clusters, in each', async () => {
    for (const cluster of both) {
      const seen = new Set<string>();
      await eventually(async () => {
        const reply = await cluster.quietly(CALL);
        seen.add(/"Cluster": "(cluster\d)"/.exec(reply)?.[1] ?? reply);
        expect([...seen].sort()).toEqual(['cluster1', 'cluster2']);
      });
      await cluster.until(CALL, /"cluster1"/);
      await cluster.until(CALL, /"cluster2"/);
    }
  });
});

describe('names', () => {
  const digs = (cluster: Cluster, ...args: readonly string[]): Promise<string> =>
    cluster.kubectl('exec', 'deployment/x-wing', '--', 'dig', '+noall', '+answer', '+comments', ...args);
  const troopers = {
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'troopers', namespace: 'default' },
      spec: { clusterIP: 'None', selector: { app: 'trooper' }, ports: [{ name: 'http', port: 8080 }] },
    },
    pods: {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'trooper', namespace: 'default' },
      spec: {
        replicas: 1,
        serviceName: 'troopers',
        selector: { matchLabels: { app: 'trooper' } },
        template: {
          metadata: { labels: { app: 'trooper' } },
          spec: { containers: [{ name: 'trooper', image: 'nginx:1.27-alpine' }] },
        },
      },
    },
    export: {
      apiVersion: 'multicluster.x-k8s.io/v1alpha1',
      kind: 'ServiceExport',
      metadata: { name: 'troopers', namespace: 'default' },
    },
  };

  it('resolves <hostname>.<clustername>.<svc>.<ns>.svc.clusterset.local', async () => {
    for (const cluster of both) await cluster.apply(troopers.service, troopers.pods, troopers.export);
    for (const asked of both) {
      const address = await eventually(async () => {
        const found = await asked.field('pod', 'trooper-0', '{.status.podIP}');
        expect(found).toMatch(/^10\./);
        return found;
      });
      for (const asking of both) {
        await eventually(async () =>
          expect(await digs(asking, `trooper-0.${asked.name}.troopers.default.svc.clusterset.local`, 'A')).toMatch(
            new RegExp(`IN\\s+A\\s+${address}\\n`),
          ),
        );
      }
    }
  });

  it('does not resolve <clustername>.<svc>.<ns>.svc.clusterset.local', async () => {
    for (const service of ['troopers', 'rebel-base-mcsapi']) {
      for (const asked of both) {
        for (const type of ['A', 'AAAA']) {
          const answer = await digs(cluster1, `${asked.name}.${service}.default.svc.clusterset.local`, type);
          expect(answer).toMatch(/status: (NXDOMAIN|NOERROR)/);
          expect(answer).toMatch(/ANSWER: 0,/);
        }
      }
    }
  });
});

describe('conflicts', () => {
  const setAffinity = (affinity: string): string =>
    `kubectl patch service rebel-base-mcsapi -p '{"spec":{"sessionAffinity":"${affinity}"}}'`;
  const MERGED = `kubectl get serviceimport rebel-base-mcsapi -o jsonpath='{.spec.sessionAffinity}'`;
  const CONFLICT = `kubectl get serviceexport rebel-base-mcsapi \\
   -o jsonpath='{range .status.conditions[?(@.type=="Conflict")]}{.status} {.reason}: {.message}{end}'`;

  it('are reported to every exporter, in the conditions of its ServiceExport', async () => {
    await cluster2.sh(setAffinity('ClientIP'));
    for (const cluster of both) {
      await cluster.until(CONFLICT, /^True SessionAffinityConflict: .*sessionAffinity.*cluster1.*cluster2/s);
    }
  });

  it('are won by the oldest ServiceExport, that of cluster1', async () => {
    for (const cluster of both) await cluster.until(MERGED, /^None$/);
    await cluster2.quietly(setAffinity('None'));
    await cluster1.quietly(setAffinity('ClientIP'));
    for (const cluster of both) await eventually(async () => expect(await cluster.quietly(MERGED)).toBe('ClientIP'));
  });

  it('end when the Services agree again', async () => {
    await cluster1.quietly(setAffinity('None'));
    for (const cluster of both) {
      await eventually(async () => expect(await cluster.quietly(CONFLICT)).toMatch(/^False NoConflicts/));
    }
  });
});

it('has the commands of docs/guides/cilium.md', () => {
  writeTranscript('cilium', steps);
  expect(commandsTyped(steps)).toEqual(commandsOf('cilium.md'));
});
