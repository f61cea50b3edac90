/**
 * Kinds of Services in three clusters, each with a client and one web server per node, which returns its cluster, pod
 * and caller. cluster1 has two nodes, in two zones.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catamaran, startCatamaran } from './catamaran.ts';
import { clustersetDns } from './dns.ts';
import { type Cluster, eventually, installCRDs, openLab, removeNamespaces } from './lab.ts';
import { client, NETSHOOT, NGINX, namespace, service, serviceExport, webDemo } from './manifests.ts';
import { failed, requester, requestsOf, summary } from './requests.ts';

const NS = 'services';
const ZONE = `${NS}.svc.clusterset.local`;
const WEB = { app: 'web' };
const HTTP = { name: 'http', port: 80, targetPort: 8080 };

let clusters: readonly Cluster[];
let cluster1: Cluster;
let cluster2: Cluster;
let cluster3: Cluster;
let catamaran: Catamaran;

beforeAll(async () => {
  const opened = await openLab({ clusters: 3 });
  ({ clusters, cluster1, cluster2 } = opened);
  const [, , third] = clusters;
  if (!third) throw new Error('three clusters are needed');
  cluster3 = third;
  await removeNamespaces(clusters, NS);
  await installCRDs(clusters);
  await Promise.all(
    clusters.map(async (cluster) => {
      const nodes = (await cluster.field('nodes', '{.items[*].metadata.name}')).split(' ');
      await cluster.apply(
        namespace(NS),
        client(NS, 'client', nodes[0]),
        ...nodes.map((node) => webDemo({ namespace: NS, name: `web-${node}`, env: cluster.name, labels: WEB, node })),
      );
      await clustersetDns([cluster]);
      await cluster.kubectl('-n', NS, 'wait', '--for=condition=Available', 'deployments', '--all', '--timeout=120s');
      await cluster.kubectl('-n', NS, 'wait', '--for=condition=Ready', 'pod/client', '--timeout=120s');
    }),
  );
  catamaran = await startCatamaran(
    opened.lab,
    clusters.map((cluster) => cluster.lab),
  );
});

afterAll(async () => {
  await catamaran?.stop();
  await removeNamespaces(clusters, NS);
});

/** Creates the Service and its export in some clusters, the oldest export first. */
async function exported(
  name: string,
  spec: Readonly<Record<string, unknown>>,
  ...where: readonly Cluster[]
): Promise<void> {
  for (const cluster of where) {
    await cluster.apply(service(NS, name, { selector: WEB, ports: [HTTP], ...spec }), serviceExport(NS, name));
  }
}

/** Runs a command in the client of a cluster. */
async function inClient(cluster: Cluster, command: string): Promise<string> {
  return await cluster.kubectl('-n', NS, 'exec', 'client', '--', 'bash', '-c', command);
}

interface Reply {
  readonly cluster: string;
  readonly pod: string;
}

const REPLY = /This is env_name: (\w+), pod: ([\w-]+)/g;

/** The responses to 40 requests, each on a new connection; a failed request counts as cluster `none`. */
async function replies(cluster: Cluster, url: string): Promise<readonly Reply[]> {
  const printed = await inClient(
    cluster,
    `for i in {1..40}; do curl -sS --max-time 5 '${url}' || echo 'This is env_name: none, pod: none'; done`,
  );
  return [...printed.matchAll(REPLY)].map(([, env = '', pod = '']) => ({ cluster: env, pod }));
}

/** The clusters that respond, sorted. */
async function replying(cluster: Cluster, url: string): Promise<readonly string[]> {
  return [...new Set((await replies(cluster, url)).map((reply) => reply.cluster))].sort();
}

/** Waits until exactly these clusters respond, for several rounds. */
async function untilReplying(cluster: Cluster, url: string, expected: readonly string[]): Promise<void> {
  await eventually(async () => {
    for (const _ of Array(3)) expect(await replying(cluster, url)).toEqual(expected);
  });
}

/** The values of the answer section, without names, types and TTLs. */
async function dig(cluster: Cluster, name: string, type: string): Promise<readonly string[]> {
  return (await inClient(cluster, `dig +short ${name} ${type}`)).split('\n').filter(Boolean).sort();
}

/** The names, types and values of the additional section. */
async function additional(cluster: Cluster, name: string, type: string): Promise<string> {
  return await inClient(cluster, `dig +noall +additional ${name} ${type}`);
}

const addressesOf = async (cluster: Cluster, labels: string): Promise<readonly string[]> =>
  (await cluster.field('-n', NS, 'pods', '-l', labels, '{.items[*].status.podIP}')).split(' ').sort();

describe('three clusters', () => {
  it('respond to the clients of all', async () => {
    await exported('web', {}, cluster1, cluster2, cluster3);
    for (const cluster of clusters) {
      await untilReplying(cluster, `amcs-web.${NS}`, ['cluster1', 'cluster2', 'cluster3']);
      await untilReplying(cluster, `web.${ZONE}`, ['cluster1', 'cluster2', 'cluster3']);
    }
  });

  it('keep their local Service unchanged', async () => {
    for (const cluster of clusters) await untilReplying(cluster, `web.${NS}`, [cluster.name]);
  });
});

describe('session affinity', () => {
  it('keeps a client on one pod of one cluster', async () => {
    await exported('sticky', { sessionAffinity: 'ClientIP' }, cluster1, cluster2);
    await eventually(async () => {
      const pods = new Set((await replies(cluster3, `amcs-sticky.${NS}`)).map(({ pod }) => pod));
      expect(pods.size).toBe(1);
      expect([...pods]).not.toEqual(['none']);
    });
    const pods = new Set((await replies(cluster3, `amcs-web.${NS}`)).map(({ pod }) => pod));
    expect(pods.size).toBeGreaterThan(1);
  });
});

describe('ports', () => {
  it('can be UDP', async () => {
    await exported('echo', { ports: [{ name: 'echo', protocol: 'UDP', port: 53, targetPort: 8081 }] }, cluster1);
    await eventually(async () => {
      const printed = await inClient(cluster2, `echo hello | socat -t 2 - UDP:amcs-echo.${NS}:53`);
      expect(printed).toMatch(/env_name: cluster1, pod: web-cluster1-node[12]-[\w-]+: hello/);
    });
  });

  it('have a named target, with a number that differs between pods', async () => {
    // nginx listens on port 80, with the name that web-demo has for 8080.
    const say = 'echo "This is env_name: cluster1, pod: $HOSTNAME" > /usr/share/nginx/html/index.html';
    await cluster1.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: NS, name: 'other-number', labels: WEB },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'nginx',
            image: NGINX,
            command: ['bash', '-c', `${say}; exec nginx -g 'daemon off;'`],
            ports: [{ name: 'http', containerPort: 80 }],
          },
        ],
      },
    });
    try {
      await exported('named', { ports: [{ name: 'http', port: 80, targetPort: 'http' }] }, cluster1);
      await eventually(async () => {
        const pods = new Set(
          (await replies(cluster2, `amcs-named.${NS}`)).map(({ pod }) => pod.replace(/-\w+-\w+$/, '')),
        );
        expect([...pods].sort()).toEqual(['other-number', 'web-cluster1-node1', 'web-cluster1-node2']);
      });
    } finally {
      await cluster1.kubectl('-n', NS, 'delete', 'pod', 'other-number');
    }
  });

  it('that conflict are not routed to the wrong pods: the other cluster is left out', async () => {
    await exported('conflict', {}, cluster1);
    await exported('conflict', { ports: [{ ...HTTP, port: 81 }] }, cluster2);
    for (const cluster of [cluster1, cluster2]) {
      await eventually(async () =>
        expect(
          await cluster.field(
            '-n',
            NS,
            'serviceexport',
            'conflict',
            '{.status.conditions[?(@.type=="Conflict")].reason}',
          ),
        ).toBe('PortConflict'),
      );
    }
    for (const cluster of clusters) await untilReplying(cluster, `amcs-conflict.${NS}`, ['cluster1']);
    await expect(inClient(cluster3, `curl -sS --max-time 3 amcs-conflict.${NS}:81`)).rejects.toThrow();
  });
});

describe('dual stack', () => {
  it('resolves to A and AAAA, both routed to pods', async () => {
    await exported('dual', { ipFamilyPolicy: 'RequireDualStack' }, cluster1);
    const name = `dual.${ZONE}`;
    await eventually(async () => {
      const ips = (await cluster2.field('-n', NS, 'serviceimport', 'dual', '{.spec.ips[*]}')).split(' ');
      expect(ips).toEqual([expect.stringMatching(/^172\./), expect.stringMatching(/^fd00:/)]);
      expect(await dig(cluster2, name, 'A')).toEqual(ips.slice(0, 1));
      expect(await dig(cluster2, name, 'AAAA')).toEqual(ips.slice(1));
    });
    for (const family of ['-4', '-6']) {
      await eventually(async () => expect(await inClient(cluster2, `curl -sS ${family} ${name}`)).toMatch(/cluster1/));
    }
  });

  it('has headless endpoints of both families', async () => {
    await exported('dual-pods', { clusterIP: 'None', ipFamilyPolicy: 'RequireDualStack' }, cluster1);
    const v4 = await addressesOf(cluster1, 'app=web');
    await eventually(async () => {
      expect(await dig(cluster2, `dual-pods.${ZONE}`, 'A')).toEqual(v4);
      expect(await dig(cluster2, `dual-pods.${ZONE}`, 'AAAA')).toHaveLength(v4.length);
    });
  });
});

describe('SRV records', () => {
  it('of a Service point to its name', async () => {
    await eventually(async () =>
      expect(await dig(cluster2, `_http._tcp.web.${ZONE}`, 'SRV')).toEqual([`0 100 80 web.${ZONE}.`]),
    );
  });

  it('of a headless Service point to its pods, with their port', async () => {
    await exported('pods', { clusterIP: 'None' }, cluster1);
    const addresses = await addressesOf(cluster1, 'app=web');
    await eventually(async () => {
      const records = await dig(cluster2, `_http._tcp.pods.${ZONE}`, 'SRV');
      expect(records).toHaveLength(addresses.length);
      for (const record of records)
        expect(record).toMatch(new RegExp(`^0 \\d+ 8080 [\\w-]+\\.cluster1\\.pods\\.${ZONE}\\.$`));
      const given = await additional(cluster2, `_http._tcp.pods.${ZONE}`, 'SRV');
      for (const address of addresses) expect(given).toContain(address);
    });
  });
});

describe('headless Services', () => {
  it('without hostnames have a name per address', async () => {
    const addresses = await addressesOf(cluster1, 'app=web');
    await eventually(async () => expect(await dig(cluster2, `pods.${ZONE}`, 'A')).toEqual(addresses));
    for (const address of addresses) {
      const label = address.replaceAll('.', '-');
      expect(await dig(cluster2, `${label}.cluster1.pods.${ZONE}`, 'A')).toEqual([address]);
      expect(await dig(cluster2, `${label}.cluster2.pods.${ZONE}`, 'A')).toEqual([]);
    }
    expect(await dig(cluster2, `cluster1.pods.${ZONE}`, 'A')).toEqual([]);
  });

  it('with hostnames have a name per hostname and cluster', async () => {
    for (const cluster of [cluster1, cluster2]) {
      await cluster.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: NS, name: 'db', labels: { app: 'db' } },
        spec: {
          hostname: 'db-0',
          subdomain: 'db',
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'db', image: NETSHOOT, command: ['sleep', 'infinity'] }],
        },
      });
      await exported('db', { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 5432 }] }, cluster);
    }
    for (const cluster of [cluster1, cluster2]) {
      await cluster.kubectl('-n', NS, 'wait', '--for=condition=Ready', 'pod/db', '--timeout=120s');
      const address = await addressesOf(cluster, 'app=db');
      await eventually(async () =>
        expect(await dig(cluster3, `db-0.${cluster.name}.db.${ZONE}`, 'A')).toEqual(address),
      );
    }
    const all = [...(await addressesOf(cluster1, 'app=db')), ...(await addressesOf(cluster2, 'app=db'))].sort();
    await eventually(async () => {
      expect(await dig(cluster3, `db.${ZONE}`, 'A')).toEqual(all);
      // The derived Service has one name per hostname: that of the first exporter (rule 36).
      const first = await addressesOf(cluster1, 'app=db');
      expect(await dig(cluster3, `db-0.amcs-db.${NS}.svc.cluster.local`, 'A')).toEqual(first);
    });
  });
});

describe('traffic policies', () => {
  it('internalTrafficPolicy Local keeps traffic on the node of the client', async () => {
    await exported('local', { internalTrafficPolicy: 'Local' }, cluster1, cluster2);
    for (const cluster of [cluster1, cluster2]) {
      await eventually(async () => {
        const pods = new Set(
          (await replies(cluster, `amcs-local.${NS}`)).map(({ pod }) => pod.replace(/-\w+-\w+$/, '')),
        );
        expect([...pods]).toEqual([`web-${cluster.name}-node1`]);
      });
    }
    // No pod of the Service is on its node: kube-proxy drops packets once it has the endpoints of other nodes.
    const call = `curl -sS --max-time 2 amcs-local.${NS}`;
    await eventually(() => expect(inClient(cluster3, call)).rejects.toThrow(/timed out/));
  });

  it('trafficDistribution PreferClose keeps traffic in the zone of the client, in any cluster', async () => {
    await exported('close', { trafficDistribution: 'PreferClose' }, cluster1, cluster2);
    // cluster1-node2 is in zone-b, all other nodes in zone-a.
    await eventually(async () => {
      const pods = new Set(
        (await replies(cluster3, `amcs-close.${NS}`)).map(({ pod }) => pod.replace(/-\w+-\w+$/, '')),
      );
      expect([...pods].sort()).toEqual(['web-cluster1-node1', 'web-cluster2-node1']);
    });
  });
});

describe('unexport', () => {
  it('during traffic: no request fails while another cluster exports', async () => {
    await exported('leaving', {}, cluster1, cluster2);
    await untilReplying(cluster3, `amcs-leaving.${NS}`, ['cluster1', 'cluster2']);
    const since = Date.now();
    await cluster3.apply(requester(NS, 'requester', `http://amcs-leaving.${NS}`));
    const seen = async (after: number): Promise<readonly string[]> => {
      const requests = (await requestsOf(cluster3, NS, 'requester', after)).slice(-50);
      expect(requests).toHaveLength(50);
      return [...new Set(requests.map(({ reply }) => /env_name: (\w+)/.exec(reply ?? '')?.[1] ?? 'none'))].sort();
    };
    await eventually(async () => expect(await seen(since)).toEqual(['cluster1', 'cluster2']));
    await cluster1.kubectl('-n', NS, 'delete', 'serviceexport', 'leaving');
    await eventually(async () => expect(await seen(since)).toEqual(['cluster2']));
    const requests = await requestsOf(cluster3, NS, 'requester', since);
    process.stdout.write(`an export is deleted\n  in cluster3: ${summary(requests)}\n`);
    expect(failed(requests)).toEqual([]);
  });

  it('of the last cluster deletes the import', async () => {
    await cluster2.kubectl('-n', NS, 'delete', 'serviceexport', 'leaving');
    for (const cluster of clusters) {
      await eventually(async () => {
        const left = ['serviceimport/leaving', 'service/amcs-leaving'];
        expect(await cluster.kubectl('-n', NS, 'get', '--ignore-not-found', '-o', 'name', ...left)).toBe('');
      });
    }
    await eventually(async () => expect(await dig(cluster3, `leaving.${ZONE}`, 'A')).toEqual([]));
  });
});
