/**
 * clusterset.local with `catamaran dns` in cluster2. Its CoreDNS keeps its image and is not restarted; the Corefile
 * only gains a server block that forwards the zone. The names are those of the three documents; the manifest is the one
 * that users apply. Then parts of the system fail while a pod sends queries continuously.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCatamaranImage } from '../../tools/lab/images.ts';
import { ROOT } from '../../tools/paths.ts';
import { CATAMARAN, type Catamaran, startCatamaran } from './catamaran.ts';
import { plainDns, upgradeCoreDns } from './dns.ts';
import { commandsOf, commandsTyped, type Steps, writeTranscript } from './guide.ts';
import { type Cluster, eventually, installCRDs, type OpenLab, openLab, removeNamespaces, removePods } from './lab.ts';
import { asker, failed, faults, type Lookup, lookupsOf, OWN_NAMES, summary } from './lookups.ts';

const ZONE = 'provider-ns.svc.clusterset.local';
/** Of a pod that resolves the cluster's own names all the while. */
const PROBER = 'dns-prober';
const SYSTEM = ['-n', 'catamaran-system'];
const DNS_PODS = ['pods', '-l', 'app.kubernetes.io/name=catamaran-dns'];

const steps: Steps = [];
let opened: OpenLab;
let cluster1: Cluster;
let cluster2: Cluster;
let catamaran: Catamaran;
let corefileBefore: string;
let coreDnsBefore: string;
let since: number;

const corefile = (): Promise<string> => cluster2.field('-n', 'kube-system', 'configmap', 'coredns', '{.data}');
/** Name, address and container of each CoreDNS pod, to detect restarts. */
const coreDns = (): Promise<string> =>
  cluster2.field(
    ...['-n', 'kube-system', 'pods', '-l', 'k8s-app=kube-dns'],
    '{range .items[*]}{.metadata.name} {.status.podIP} {.status.containerStatuses[0].containerID}{end}',
  );

beforeAll(async () => {
  opened = await openLab({ example: 'dns', steps });
  ({ cluster1, cluster2 } = opened);
  await clean();
  await Promise.all([plainDns(opened.clusters), installCRDs(opened.clusters)]);
  catamaran = await startCatamaran(
    opened.lab,
    opened.clusters.map((cluster) => cluster.lab),
  );
  const [, image = ''] = /^ +image: (.*)$/m.exec(
    readFileSync(join(ROOT, 'examples', 'dns', 'catamaran-dns.yaml'), 'utf8'),
  ) ?? [''];
  const layout = await makeCatamaranImage(`docker.io/library/${image}`, dirname(CATAMARAN), () => undefined);
  await cluster2.lab.loadImages(layout);
  await provide();
  await cluster2.quietly(
    'kubectl rollout status deployment client-pod -n consumer-ns; kubectl wait --for=condition=Ready --timeout=2m pod/client pod/mysql-client',
  );
  await cluster2.kubectl('create', 'namespace', PROBER);
  await cluster2.apply(asker(PROBER, 'asker', 'kubernetes', OWN_NAMES));
  await cluster2.kubectl('-n', PROBER, 'wait', '--for=condition=Ready', '--timeout=120s', 'pod/asker');
  since = Date.now();
  [corefileBefore, coreDnsBefore] = [await corefile(), await coreDns()];
});

afterAll(async () => {
  await clean();
  await catamaran?.stop();
});

/** Applies what the three documents apply before their first lookup; service1 and mysql are dual-stack here. */
async function provide(): Promise<void> {
  const dualStack = `-p '{"spec":{"ipFamilyPolicy":"PreferDualStack"}}'`;
  await cluster1.quietly(`set -e
    kubectl create ns provider-ns
    kubectl -n provider-ns apply -f ../ack-cli/app-meta.yaml -f ../ack-headless/mysql.yaml
    kubectl -n provider-ns patch service service1 ${dualStack}
    kubectl -n provider-ns patch service mysql ${dualStack}
    kubectl -n provider-ns apply -f ../ack-cli/serviceexport.yaml -f ../ack-headless/serviceexport.yaml
    kubectl apply -f ../cilium-mcsapi/cluster1.yaml -f ../cilium-mcsapi/mcsapi-example.yaml
    kubectl -n provider-ns rollout status statefulset mysql`);
  await cluster2.quietly(`set -e
    kubectl create ns provider-ns
    kubectl -n provider-ns apply -f ../ack-cli/serviceimport.yaml -f ../ack-headless/serviceimport.yaml
    kubectl apply -f ../ack-cli/client.yaml -f ../ack-headless/mysqlclient.yaml
    kubectl apply -f ../cilium-mcsapi/cluster2.yaml -f ../cilium-mcsapi/mcsapi-example.yaml
    kubectl run client --image=curlimages/curl:8.11.1 --command -- sleep infinity`);
}

async function clean(): Promise<void> {
  await restoreNetwork();
  await cluster2.quietly('catamaran dns disable --context cluster2');
  await cluster2.quietly('kubectl delete --ignore-not-found --wait=false -f catamaran-dns.yaml');
  for (const cluster of [cluster1, cluster2]) {
    await removePods(cluster, '--all', '-n', 'default');
    await cluster.quietly(
      `kubectl delete --ignore-not-found -f ../cilium-mcsapi/${cluster.name}.yaml; kubectl delete service rebel-base-mcsapi --ignore-not-found
       kubectl delete serviceexports --all || true`,
    );
  }
  await removeNamespaces(opened.clusters, 'provider-ns', 'consumer-ns', 'catamaran-system', PROBER);
}

describe('setup', () => {
  it('deploys catamaran dns', async () => {
    await cluster2.sh('kubectl apply -f catamaran-dns.yaml');
    await cluster2.sh('kubectl -n catamaran-system rollout status deployment catamaran-dns');
    expect(await cluster2.sh('kubectl -n catamaran-system get service catamaran-dns')).toMatch(/53\/UDP,53\/TCP/);
  });

  it('forwards the zone from CoreDNS', async () => {
    expect(await cluster2.sh('catamaran dns enable --mode stub --context cluster2')).toMatch(
      /^Platform: .*\+ clusterset\.local:53 \{\n.*\nDone\. The DNS of the cluster serves clusterset\.local\.\n$/s,
    );
    expect(await cluster2.quietly('catamaran dns enable --mode stub --context cluster2')).toMatch(
      /\nAlready up to date/,
    );
  });
});

describe('the names of the documents, from pods', () => {
  const FROM_CLUSTER1 = /^This is env_name: cluster1-beijing, pod: web-demo-/;
  const client = () => cluster2.pod('client');

  it('ACK: the domain name of a Service', async () => {
    await client().until(`curl -sS service1.${ZONE}`, FROM_CLUSTER1);
  });

  it('ACK: its short name, with dnsConfig.searches of the client', async () => {
    await cluster2.pod('deployment/client-pod', 'consumer-ns').until('curl -sS service1.provider-ns', FROM_CLUSTER1);
  });

  it.each(['mysql-0', 'mysql-1'])('ACK: one pod of a headless Service: %s', async (pod) => {
    await cluster2.until(
      `kubectl exec -it mysql-client -- mysql -h ${pod}.cluster1.mysql.${ZONE} -P3306 -uroot -ppassword`,
      new RegExp(`^@@hostname\\n${pod}\\n$`),
      { input: 'select @@hostname;\n' },
    );
  });

  it('Cilium: a Service of both clusters, with replies from both', async () => {
    const call = 'kubectl exec -ti deployment/x-wing -- curl -sS rebel-base-mcsapi.default.svc.clusterset.local';
    for (const name of ['cluster1', 'cluster2']) await cluster2.until(call, new RegExp(`"Cluster": "${name}"`));
  });

  it('has A and AAAA records of a Service', async () => {
    const ips = await cluster2.field('-n', 'provider-ns', 'serviceimport', 'service1', '{.spec.ips[*]}');
    const [four, six] = ips.split(' ');
    const printed = await client().sh(`dig +noall +answer service1.${ZONE} A service1.${ZONE} AAAA`);
    expect(printed).toMatch(new RegExp(`IN\\s+A\\s+${four}\\n.*IN\\s+AAAA\\s+${six}\\n$`, 's'));
    expect(await pod(`curl -sS -6 service1.${ZONE}`)).toMatch(FROM_CLUSTER1);
  });

  it('has SRV records of its ports, and of each pod of a headless Service', async () => {
    expect(await client().sh(`dig +short _http._tcp.service1.${ZONE} SRV`)).toBe(`0 100 80 service1.${ZONE}.\n`);
    const records = await client().sh(`dig +short _tcp._tcp.mysql.${ZONE} SRV`);
    expect(records.trim().split('\n').sort()).toEqual(
      [0, 1].map((n) => `0 100 3306 mysql-${n}.cluster1.mysql.${ZONE}.`),
    );
  });

  it.each([0, 1])('has both families of one pod: mysql-%i', async (n) => {
    const ips = await cluster1.field('-n', 'provider-ns', 'pod', `mysql-${n}`, '{.status.podIPs[*].ip}');
    const name = `mysql-${n}.cluster1.mysql.${ZONE}`;
    expect((await pod(`dig +short ${name} A ${name} AAAA`)).trim().split('\n')).toEqual(ips.split(' '));
  });

  it.each(['mysql', 'service1'])('has no address for <clustername>.%s', async (service) => {
    for (const type of ['A', 'AAAA']) {
      const answer = await pod(`dig +noall +comments cluster1.${service}.${ZONE} ${type}`);
      expect(answer).toMatch(/status: (NXDOMAIN|NOERROR).*ANSWER: 0,/s);
    }
  });

  it('is checked hop by hop from inside the cluster', async () => {
    const check = 'kubectl -n catamaran-system exec deployment/catamaran-dns -- catamaran dns check';
    const printed = await cluster2.sh(check);
    expect(printed.split('\n').map((line) => line.split(/ {2,}/)[1])).toEqual([
      'RESULT',
      'ok',
      'ok',
      'ok',
      'skipped',
      'ok',
      'ok',
      undefined,
    ]);
  });

  it('leaves the CoreDNS pods alone', async () => {
    expect(await coreDns()).toBe(coreDnsBefore);
  });
});

describe('an upgrade of CoreDNS', () => {
  it('that applies its ClusterRole again and restarts it leaves the zone in place (D2)', async () => {
    await upgradeCoreDns(cluster2);
    await eventually(async () => expect(await pod(`dig +short service1.${ZONE} A`)).not.toBe(''));
    // The old pod is listed until it has terminated.
    await eventually(async () => {
      coreDnsBefore = await coreDns();
      expect(coreDnsBefore.match(/containerd:/g)).toHaveLength(1);
    });
  });
});

async function pod(command: string): Promise<string> {
  return await cluster2.kubectl('exec', 'client', '--', 'bash', '-c', command);
}

interface DnsPod {
  readonly name: string;
  readonly address: string;
  readonly container: string;
}

/** Running pods, oldest first. */
async function dnsPods(): Promise<readonly DnsPod[]> {
  const fields = '{.metadata.name} {.status.podIP} {.status.containerStatuses[0].containerID}';
  const text = await cluster2.field(
    ...[...SYSTEM, ...DNS_PODS, '--sort-by=.metadata.creationTimestamp'],
    `{range .items[?(@.status.phase=="Running")]}${fields}{"\\n"}{end}`,
  );
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', address = '', container = ''] = line.split(' ');
      return { name, address, container: container.replace('containerd://', '') };
    });
}

async function onNode(command: string, ...args: readonly string[]): Promise<string> {
  const [node] = cluster2.lab.nodes;
  return (await node?.run(command, args)) ?? '';
}

/** Kills containers with SIGKILL and waits until kubelet has restarted them. */
async function kill(pods: readonly DnsPod[]): Promise<void> {
  await Promise.all(
    pods.map(({ container }) => onNode('ctr', '--namespace=k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', container)),
  );
  await eventually(async () => {
    const now = await dnsPods();
    for (const { name, container } of pods) {
      expect(now.find((one) => one.name === name)?.container).not.toBe(container);
    }
  });
  await untilServed();
}

async function untilServed(): Promise<void> {
  await cluster2.kubectl(...SYSTEM, 'rollout', 'status', 'deployment/catamaran-dns', '--timeout=120s');
}

/** Drops packets that pods send to one address, or to any. */
async function cut(pods: readonly DnsPod[], to?: string): Promise<void> {
  const from = pods.map(({ address }) => address).join(', ');
  await onNode(
    'nft',
    `add table ip catamaran-cut
     add chain ip catamaran-cut out { type filter hook prerouting priority raw; }
     add rule ip catamaran-cut out ip saddr { ${from} } ${to === undefined ? '' : `ip daddr ${to} `}drop`,
  );
}

async function restoreNetwork(): Promise<void> {
  await onNode('sh', '-c', 'nft delete table ip catamaran-cut 2>/dev/null || true');
}

async function setStaleAfter(seconds: number): Promise<void> {
  const patch = [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value: `--stale-after=${seconds}s` }];
  await cluster2.kubectl(...SYSTEM, 'patch', 'deployment/catamaran-dns', '--type=json', '-p', JSON.stringify(patch));
  await untilServed();
}

describe('failures', () => {
  const lookups = (since: number): Promise<readonly Lookup[]> => lookupsOf(cluster2, 'consumer-ns', 'asker', since);
  const STALE_AFTER_S = 20;
  // The test and the process read their clocks at different moments.
  const TOLERANCE_MS = 1_000;

  /** Returns, and prints, the lookups from before `work` until every lookup succeeds again after it. */
  async function during(event: string, work: () => Promise<void>): Promise<readonly Lookup[]> {
    await untilAnswers();
    const since = Date.now();
    await work();
    await untilAnswers();
    const seen = await lookups(since);
    process.stdout.write(`${event}: ${summary(seen)}\n`);
    return seen;
  }

  async function untilAnswers(): Promise<void> {
    const since = Date.now();
    await eventually(async () => {
      const last = (await lookups(since)).slice(-40);
      expect(last).toHaveLength(40);
      expect(failed(last)).toEqual([]);
    });
  }

  const untilFailure = (since: number) => eventually(async () => expect(failed(await lookups(since))).not.toEqual([]));

  beforeAll(async () => {
    await cluster2.apply(asker('consumer-ns', 'asker', 'service1', ZONE));
    await cluster2.kubectl('-n', 'consumer-ns', 'wait', '--for=condition=Ready', '--timeout=120s', 'pod/asker');
  });

  it('one of two processes is killed: every lookup is answered', async () => {
    const seen = await during('one process killed', async () => kill((await dnsPods()).slice(0, 1)));
    expect(failed(seen)).toEqual([]);
  });

  it('a rolling update: every lookup is answered', async () => {
    const seen = await during('a rolling update', async () => {
      await cluster2.kubectl(...SYSTEM, 'rollout', 'restart', 'deployment/catamaran-dns');
      await untilServed();
      await eventually(async () => expect(await dnsPods()).toHaveLength(2));
    });
    expect(failed(seen)).toEqual([]);
  });

  it('both are killed, twice: SERVFAIL before the client times out, then answers again', async () => {
    const seen = await during('both processes killed, twice', async () => {
      await kill(await dnsPods());
      // kubelet waits 10 s before the second restart.
      await kill(await dnsPods());
    });
    expect(faults(seen)).toEqual(['SERVFAIL']);
  });

  it('the network to one is cut: every lookup is answered', async () => {
    const seen = await during('network to one cut', async () => {
      const since = Date.now();
      await cut((await dnsPods()).slice(0, 1));
      await eventually(async () =>
        expect(await cluster2.field(...SYSTEM, 'deployment/catamaran-dns', '{.status.readyReplicas}')).toBe('1'),
      );
      await eventually(async () => expect((await lookups(since)).length).toBeGreaterThan(100));
      await restoreNetwork();
      await untilServed();
    });
    expect(failed(seen)).toEqual([]);
  });

  it('the network to both is cut: SERVFAIL before the client times out, then answers again', async () => {
    const seen = await during('network to both cut', async () => {
      const since = Date.now();
      await cut(await dnsPods());
      await untilFailure(since);
      await restoreNetwork();
      await untilServed();
    });
    expect(faults(seen)).toEqual(['SERVFAIL']);
  });

  it('the API server is stopped: answers for --stale-after, then SERVFAIL, then answers again', async () => {
    await setStaleAfter(STALE_AFTER_S);
    let stopped = 0;
    const seen = await during('API server stopped', async () => {
      await cluster2.lab.stopApiServer();
      stopped = Date.now();
      // Pod logs are not available without the API server, so query CoreDNS from here.
      await eventually(async () => expect(await queryCoreDns()).toBe('ESERVFAIL'));
      await cluster2.lab.startApiServer();
    });
    expect(failed(seen.filter(({ end }) => end < stopped + 1000 * STALE_AFTER_S - TOLERANCE_MS))).toEqual([]);
    expect(faults(seen)).toEqual(['SERVFAIL']);
  });

  it('the network to the API server is cut: the same', async () => {
    let since = 0;
    const seen = await during('network to the API server cut', async () => {
      const api = await cluster2.field('service', 'kubernetes', '{.spec.clusterIP}');
      since = Date.now();
      await cut(await dnsPods(), api);
      await untilFailure(since);
      await restoreNetwork();
    });
    expect(failed(seen.filter(({ end }) => end < since + 1000 * STALE_AFTER_S - TOLERANCE_MS))).toEqual([]);
    expect(faults(seen)).toEqual(['SERVFAIL']);
  });

  /** Error code of node:dns for a name that is in no cache; `OK` if it resolves. */
  async function queryCoreDns(): Promise<string> {
    const [, address = ''] = coreDnsBefore.split(' ');
    return await opened.lab.run(process.execPath, [
      '--eval',
      `const resolver = new (require('node:dns').Resolver)({ tries: 1, timeout: 6000 });
       resolver.setServers(['${address}']);
       resolver.resolve4('now-${Date.now()}.${ZONE}', (error) => process.stdout.write(error?.code ?? 'OK'));`,
    ]);
  }
});

describe('removal', () => {
  it('restores the Corefile byte for byte', async () => {
    expect(await cluster2.sh('catamaran dns disable --context cluster2')).toMatch(/\nDone\. /);
    expect(await corefile()).toBe(corefileBefore);
    const annotations = await cluster2.field('-n', 'kube-system', 'configmap', 'coredns', '{.metadata.annotations}');
    expect(annotations).not.toContain('catamaran.dev');
  });

  it('stops resolving the zone', async () => {
    await eventually(async () =>
      expect(await pod(`dig +noall +comments service1.${ZONE} A`)).toMatch(/status: NXDOMAIN/),
    );
    expect(await coreDns()).toBe(coreDnsBefore);
  });
});

it('no lookup of the cluster’s own names failed', async () => {
  const seen = await lookupsOf(cluster2, PROBER, 'asker', since);
  process.stdout.write(`own names: ${summary(seen)}\n`);
  expect(seen.length).toBeGreaterThan(100);
  expect(failed(seen)).toEqual([]);
});

it('matches docs/guides/dns.md', () => {
  writeTranscript('dns', steps);
  expect(commandsTyped(steps)).toEqual(commandsOf('dns.md'));
});
