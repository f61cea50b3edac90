/** The lab: real clusters on a flat network without any other connection. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { type Lab, type LabCluster, labUp } from '../../tools/lab/index.ts';

const NAMESPACE = 'lab-test';
const WEB_DEMO = 'acr-multiple-clusters-registry.cn-hangzhou.cr.aliyuncs.com/ack-multiple-clusters/web-demo:0.4.0';
const READY = '--timeout=120s';

let lab: Lab;

function kubectl(cluster: string, args: readonly string[], input?: string): Promise<string> {
  const flags = ['--kubeconfig', lab.kubeconfig, '--context', cluster, '-n', NAMESPACE];
  return lab.run(findBinary('kubectl'), [...flags, ...args], input === undefined ? {} : { input });
}

/** The output of a command in the client pod of a cluster, without the final newline. */
async function inClient(cluster: string, ...command: string[]): Promise<string> {
  return (await kubectl(cluster, ['exec', 'client', '--', ...command])).trimEnd();
}

async function addressesOf(cluster: string, pod: string): Promise<readonly string[]> {
  const text = await kubectl(cluster, ['get', 'pod', pod, '-o', 'jsonpath={.status.podIPs[*].ip}']);
  return text.split(' ');
}

function pod(name: string, spec: object): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE, labels: { app: name } }, spec };
}

function manifests(cluster: string): object {
  const container = { name: 'main', image: WEB_DEMO, env: [{ name: 'ENV_NAME', value: cluster }] };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      pod('client', {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: 'nicolaka/netshoot:v0.15', command: ['sleep', 'infinity'] }],
      }),
      pod('web', { containers: [container] }),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: NAMESPACE },
        spec: { selector: { app: 'web' }, ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80, targetPort: 8080 }] },
      },
    ],
  };
}

beforeAll(async () => {
  lab = await labUp({ clusters: 2 });
  await Promise.all(
    lab.clusters.map(async ({ name }) => {
      await kubectl(name, ['apply', '-f', '-'], JSON.stringify(manifests(name)));
      await kubectl(name, ['wait', '--for=condition=Ready', 'pod', '--all', READY]);
    }),
  );
});

afterAll(async () => {
  await Promise.all(
    lab.clusters.map(async ({ name }) => {
      await kubectl(name, ['delete', 'pods', '--all', '--grace-period=1']);
      await kubectl(name, ['delete', 'namespace', NAMESPACE]);
    }),
  );
});

describe('the lab', () => {
  it('connects the pods of all clusters, in both families, without NAT', async () => {
    const [client4 = '', client6 = ''] = await addressesOf('cluster2', 'client');
    const [web4, web6] = await addressesOf('cluster1', 'web');
    expect(await inClient('cluster2', 'curl', '-sS', `http://${web4}:8080`)).toMatch(
      new RegExp(`^This is env_name: cluster1, pod: web, client: ${client4}:`),
    );
    expect(await inClient('cluster2', 'curl', '-sS', `http://[${web6}]:8080`)).toContain(`client: [${client6}]:`);
  });

  it('routes Services by name, to pods of their own cluster', async () => {
    for (const { name } of lab.clusters) {
      for (const family of ['-4', '-6']) {
        expect(await inClient(name, 'curl', '-sS', family, 'web')).toContain(`env_name: ${name},`);
      }
    }
    expect(await inClient('cluster1', 'dig', '+short', 'web.lab-test.svc.cluster.local', 'A')).toMatch(/^172\.17\./);
  });

  it('responds NXDOMAIN for names outside the clusters', async () => {
    expect(await inClient('cluster1', 'dig', 'example.com')).toContain('status: NXDOMAIN');
  });

  it('has no route to other networks', async () => {
    await expect(lab.run('ip', ['route', 'get', '1.1.1.1'])).rejects.toThrow('Network is unreachable');
    await expect(inClient('cluster1', 'curl', '-sS', '--max-time', '5', 'http://1.1.1.1')).rejects.toThrow('curl: (7)');
  });

  it('keeps the volume of a pod for the next one', async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: NAMESPACE },
      spec: {
        storageClassName: 'alicloud-disk-topology-alltype',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    };
    const writer = (name: string, script: string): object =>
      pod(name, {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'curlimages/curl:8.11.1',
            command: ['sh', '-c', script],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      });
    await kubectl('cluster1', ['apply', '-f', '-'], JSON.stringify(claim));
    for (const [name, script] of [
      ['first', 'echo kept > /data/file'],
      ['second', 'cat /data/file'],
    ] as const) {
      await kubectl('cluster1', ['apply', '-f', '-'], JSON.stringify(writer(name, script)));
      await kubectl('cluster1', ['wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, READY]);
    }
    expect(await kubectl('cluster1', ['logs', 'second'])).toBe('kept\n');
  });

  it('routes traffic while an API server is down, and keeps its data', async () => {
    const [, cluster2] = lab.clusters as [LabCluster, LabCluster];
    const [web4] = await addressesOf('cluster2', 'web');
    await cluster2.stopApiServer();
    try {
      await expect(kubectl('cluster2', ['get', 'pods'])).rejects.toThrow('refused');
      expect(await inClient('cluster1', 'curl', '-sS', `http://${web4}:8080`)).toContain('env_name: cluster2,');
    } finally {
      await cluster2.startApiServer();
    }
    expect(await kubectl('cluster2', ['get', 'pods', '-o', 'name'])).toBe('pod/client\npod/web\n');
  });

  it('has the images of the walk-throughs and the conformance suite', async () => {
    const images = {
      'mysql:5.6': ['mysql', '--version'],
      'alpine/socat:1.7.4.4': ['socat', '-V'],
      'nicolaka/netshoot:v0.15': ['sh', '-c', 'dig -v && nc -h && curl --version'],
      'curlimages/curl:8.11.1': ['curl', '--version'],
      'nginx:1.27-alpine': ['nginx', '-t'],
    };
    const pods = Object.entries(images).map(([image, command], i) =>
      pod(`image-${i}`, { restartPolicy: 'Never', containers: [{ name: 'main', image, command }] }),
    );
    await kubectl('cluster2', ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }));
    const names = pods.map((_, i) => `pod/image-${i}`);
    await kubectl('cluster2', ['wait', '--for=jsonpath={.status.phase}=Succeeded', ...names, READY]);
  });
});
