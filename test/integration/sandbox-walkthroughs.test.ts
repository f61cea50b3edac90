/**
 * The kubectl commands of ACK One's two walk-throughs, by stock kubectl against the sandbox and against real control
 * planes: each prints what the document shows, and both print the same. Requests between pods use `sandbox curl`, since
 * the real control planes run no pods.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { run } from '../../tools/controlplane/component.ts';
import { ROOT } from '../../tools/paths.ts';
import { fakeVolumes } from '../../tools/start/volumes.ts';
import { eventually, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { type RunningSandbox, runSandbox } from '../support/sandbox/running-sandbox.ts';
import { type RunningFleet, runFleet } from './running-fleet.ts';

/** Two clusters and a controller, of either kind. */
interface Place {
  readonly kubeconfigs: Readonly<Record<Terminal, string>>;
  close(): Promise<void>;
}
type Terminal = 'cluster1' | 'cluster2';

/** A command in the folder of an example, its final output, and whether it works only in the sandbox. */
interface Step {
  readonly terminal: Terminal;
  readonly folder: string;
  readonly command: string;
  readonly prints: RegExp;
  readonly only?: 'sandbox';
}

const say = (text: string): RegExp => new RegExp(`^${text.replace(/[.\\/()]/g, '\\$&')}\n$`);
const steps =
  (folder: string) =>
  (terminal: Terminal, command: string, prints: RegExp | string, only?: 'sandbox'): Step => ({
    terminal,
    folder,
    command,
    prints: typeof prints === 'string' ? say(prints) : prints,
    ...(only && { only }),
  });
/** The same in each document: a request from a pod. */
const WEB = /^This is env_name: cluster1-beijing, pod: web-demo-\S+, client: 10\.2\./;
const GREETING =
  /^Welcome to the MySQL monitor\. {2}Commands end with ; or \\g\.\nYour MySQL connection id is 1\nServer version: 5\.6\.51 /;
const cli = steps('ack-cli');
const headless = steps('ack-headless');
const cilium = steps('cilium-mcsapi');

/** Adds the line of the document to the Corefile, as a user does in an editor. */
const EDIT = `KUBE_EDITOR="sed -i 's/^\\( *\\)ready$/&\\n\\1multicluster clusterset.local/'" kubectl edit configmap coredns -n kube-system`;

const CLI: readonly Step[] = [
  cli('cluster1', 'kubectl create ns provider-ns', 'namespace/provider-ns created'),
  cli('cluster1', 'kubectl apply -f app-meta.yaml', 'service/service1 created\ndeployment.apps/web-demo created'),
  cli('cluster1', 'kubectl create -f serviceexport.yaml', 'serviceexport.multicluster.x-k8s.io/service1 created'),
  cli('cluster2', 'kubectl create ns provider-ns', 'namespace/provider-ns created'),
  cli('cluster2', 'kubectl create -f serviceimport.yaml', 'serviceimport.multicluster.x-k8s.io/service1 created'),
  cli(
    'cluster2',
    'kubectl get service -n provider-ns',
    /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\namcs-service1 +ClusterIP +172\.18\.\d+\.\d+ +<none> +80\/TCP +\d+s\n$/,
  ),
  cli(
    'cluster2',
    'kubectl get serviceimports -n provider-ns',
    /^NAME +TYPE +IP +AGE\nservice1 +ClusterSetIP +\["172\.18\.\d+\.\d+"\] +\d+s\n$/,
  ),
  cli('cluster2', EDIT, 'configmap/coredns edited', 'sandbox'),
  cli('cluster2', 'kubectl apply -f client.yaml', 'namespace/consumer-ns created\ndeployment.apps/client-pod created'),
  cli(
    'cluster2',
    'kubectl rollout status deployment client-pod -n consumer-ns',
    /deployment "client-pod" successfully rolled out\n$/,
  ),
];

/** The documents' check from inside the client pod. Only the sandbox's pods have programs. */
const CURL: readonly Step[] = [
  'amcs-service1.provider-ns',
  'service1.provider-ns.svc.clusterset.local',
  'service1.provider-ns',
].map((url) => cli('cluster2', `kubectl exec -n consumer-ns deployment/client-pod -- curl -s ${url}`, WEB, 'sandbox'));
const RUN = cli(
  'cluster2',
  'kubectl run tmp --rm -i --restart=Never --image=curlimages/curl -- curl -s amcs-service1.provider-ns',
  /^This is env_name: cluster1-beijing, .*\npod "tmp" deleted/,
  'sandbox',
);
const MYSQL: readonly Step[] = ['mysql-0', 'mysql-1']
  .flatMap((pod) => [
    `${pod}.amcs-mysql.provider-ns.svc.cluster.local`,
    `${pod}.cluster1.mysql.provider-ns.svc.clusterset.local`,
  ])
  .map((host) =>
    headless(
      'cluster2',
      `kubectl exec -it mysql-client -- mysql -h ${host} -P3306 -uroot -ppassword`,
      GREETING,
      'sandbox',
    ),
  );
const CILIUM: readonly Step[] = [
  ...(['cluster1', 'cluster2'] as const).map((terminal) =>
    cilium(
      terminal,
      `kubectl apply -f ${terminal}.yaml -f mcsapi-example.yaml`,
      /deployment\.apps\/x-wing created\n[\s\S]*serviceexport\.multicluster\.x-k8s\.io\/rebel-base-mcsapi created\n$/,
      'sandbox',
    ),
  ),
  ...['cluster1', 'cluster2'].map((answering) =>
    cilium(
      'cluster1',
      'kubectl exec -ti deployment/x-wing -- curl rebel-base-mcsapi.default.svc.clusterset.local',
      new RegExp(`^\\{"Cluster": "${answering}", "Planet": "`),
      'sandbox',
    ),
  ),
];

/** Commands that users type, though no document has them. */
const LOOK: readonly Step[] = [
  cli(
    'cluster1',
    'kubectl rollout status deployment web-demo -n provider-ns',
    /deployment "web-demo" successfully rolled out\n$/,
  ),
  cli(
    'cluster1',
    'kubectl get deployment -n provider-ns',
    /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb-demo +2\/2 +2 +2 +\d+s\n$/,
  ),
  cli(
    'cluster1',
    'kubectl get pods -n provider-ns',
    /^NAME +READY +STATUS +RESTARTS +AGE\n(web-demo-\w+-\w+ +1\/1 +Running +0 +\d+s\n){2}$/,
  ),
  cli(
    'cluster2',
    'kubectl get endpointslices -n provider-ns -L multicluster.kubernetes.io/source-cluster',
    /^NAME +ADDRESSTYPE +PORTS +ENDPOINTS +AGE +SOURCE-CLUSTER\namcs-service1-\w+ +IPv4 +8080 +10\.1\.\d+\.\d+,10\.1\.\d+\.\d+ +\d+s +cluster1\n$/,
  ),
  cli('cluster1', 'kubectl scale deployment web-demo --replicas 3 -n provider-ns', 'deployment.apps/web-demo scaled'),
  cli(
    'cluster2',
    'kubectl get endpointslices -n provider-ns -o jsonpath="{.items[*].endpoints[*].conditions.ready}"',
    /^true true true$/,
  ),
  cli(
    'cluster1',
    'kubectl get serviceexport service1 -n provider-ns -o jsonpath="{.status.conditions[*].reason}"',
    /^Valid Exported NoConflicts$/,
  ),
  cli(
    'cluster1',
    'kubectl delete -f serviceexport.yaml',
    'serviceexport.multicluster.x-k8s.io "service1" deleted from provider-ns namespace',
  ),
  cli('cluster2', 'kubectl get endpointslices -n provider-ns', /^$/),
  ...(['cluster1', 'cluster2'] as const).map((terminal) =>
    cli(terminal, 'kubectl delete ns provider-ns', 'namespace "provider-ns" deleted'),
  ),
];

const HEADLESS: readonly Step[] = [
  headless('cluster1', 'kubectl create ns provider-ns', 'namespace/provider-ns created'),
  headless(
    'cluster1',
    'kubectl -n provider-ns create -f mysql.yaml',
    'secret/mysecret created\nservice/mysql created\nstatefulset.apps/mysql created',
  ),
  headless(
    'cluster1',
    'kubectl -n provider-ns create -f serviceexport.yaml',
    'serviceexport.multicluster.x-k8s.io/mysql created',
  ),
  headless('cluster2', 'kubectl create ns provider-ns', 'namespace/provider-ns created'),
  headless(
    'cluster2',
    'kubectl -n provider-ns create -f serviceimport.yaml',
    'serviceimport.multicluster.x-k8s.io/mysql created',
  ),
  headless('cluster2', 'kubectl create -f mysqlclient.yaml', 'pod/mysql-client created'),
  headless('cluster2', 'kubectl wait --for=condition=Ready pod/mysql-client', 'pod/mysql-client condition met'),
  headless(
    'cluster1',
    'kubectl -n provider-ns rollout status statefulset mysql',
    /partitioned roll out complete: 2 new pods have been updated\.\.\.\n$/,
  ),
  headless(
    'cluster2',
    'kubectl -n provider-ns get service',
    /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\namcs-mysql +ClusterIP +None +<none> +3306\/TCP +\d+s\n$/,
  ),
];

/** Output without what differs between runs, and without the progress lines of a rollout. */
function normalised(output: string): string {
  return output
    .replace(/^Waiting for .*\n/gm, '')
    .replace(/\b\d+\.\d+\.\d+\.\d+\b/g, 'ADDRESS')
    .replace(/\b(web-demo|client-pod)-\w+-\w+/g, '$1-POD')
    .replace(/-[0-9a-f]{16}\b/g, '-HASH')
    .replace(/\b\d+s\b/g, 'AGE')
    .replace(/ +/g, ' ');
}

const transcripts: Record<string, string[]> = {};
const ends = new AbortController();
let cache: string;

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'catamaran-kubectl-'));
});
afterAll(async () => {
  ends.abort();
  await rm(cache, { recursive: true, force: true });
});

describe.each(['sandbox', 'real'] as const)('on %s clusters', (name) => {
  let place: Place;
  const transcript: string[] = [];

  beforeAll(async () => {
    place = name === 'sandbox' ? await inSandbox() : await onControlPlanes();
    transcripts[name] = transcript;
  });
  afterAll(async () => {
    for (const kubeconfig of Object.values(place?.kubeconfigs ?? {})) {
      await sh(kubeconfig, '', 'kubectl delete ns provider-ns consumer-ns --ignore-not-found');
      await sh(kubeconfig, '', 'kubectl delete pod mysql-client --ignore-not-found --now');
    }
    await place?.close();
  });

  async function sh(kubeconfig: string, folder: string, command: string): Promise<string> {
    const prelude = `kubectl() { '${findBinary('kubectl')}' "$@" 2>/dev/null; }; export -f kubectl; cd '${join(ROOT, 'examples', folder)}'`;
    const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(cache, name) };
    return await run('bash', ['-o', 'pipefail', '-c', `${prelude}\n${command}`], { env });
  }

  async function type({ terminal, folder, command, prints, only }: Step): Promise<void> {
    // A command that changes something runs once; one that reads is repeated until its output is as expected.
    const looks = /^kubectl( -n [\w-]+)? (get|exec|run) /.test(command);
    const once = () => sh(place.kubeconfigs[terminal], folder, command);
    const output = looks
      ? await eventually(async () => {
          const printed = await once();
          expect(printed, command).toMatch(prints);
          return printed;
        })
      : await once();
    expect(output, command).toMatch(prints);
    if (!only) transcript.push(`${terminal}$ ${command}\n${normalised(output)}`);
  }

  /** A request by a pod of cluster2, in the sandbox only. */
  function asks(place: readonly string[], url: string, answers: RegExp): void {
    if (name === 'real') return;
    it(`a pod of cluster2: curl ${url}`, async () => {
      await eventually(async () => {
        const { stdout } = (await sandbox?.call('curl', '--from', 'cluster2', ...place, url)) ?? {};
        expect(stdout).toMatch(answers);
      });
    });
  }

  const typed = (all: readonly Step[]) => all.filter(({ only }) => only === undefined || only === name);

  describe('ACK One, "Use the CLI to configure MCS"', () => {
    it.each(typed(CLI))('$terminal: $command', type);

    const web = /^This is env_name: cluster1-beijing, pod: web-demo-/;
    asks([], 'amcs-service1.provider-ns', web);
    asks([], 'service1.provider-ns.svc.clusterset.local', web);
    asks(['-n', 'consumer-ns', '--pod', 'deployment/client-pod'], 'service1.provider-ns', web);
    it.each(typed([...CURL, RUN]))('$terminal: $command', type);
  });

  describe('looking around', () => {
    it.each(typed(LOOK))('$terminal: $command', type);
  });

  // A suite without tests is an error: all of its commands are for the sandbox.
  if (typed(CILIUM).length > 0)
    describe('Cilium, "Multi-Cluster Services API"', () => {
      it.each(typed(CILIUM))('$terminal: $command', type);
    });

  describe('ACK One, "Use headless multi-cluster Services"', () => {
    it.each(typed([...HEADLESS, ...MYSQL]))('$terminal: $command', type);

    for (const pod of ['mysql-0', 'mysql-1']) {
      const place = ['-n', 'default', '--pod', 'mysql-client'];
      asks(place, `${pod}.amcs-mysql.provider-ns.svc.cluster.local:3306`, new RegExp(`^pod: ${pod}, .* cluster1,`));
      asks(
        place,
        `${pod}.cluster1.mysql.provider-ns.svc.clusterset.local:3306`,
        new RegExp(`^pod: ${pod}, .* cluster1,`),
      );
    }
  });
});

it('both printed the same', () => {
  expect(transcripts.sandbox?.length).toBeGreaterThan(20);
  expect(transcripts.sandbox).toEqual(transcripts.real);
});

let sandbox: RunningSandbox | undefined;

async function inSandbox(): Promise<Place> {
  const running = await runSandbox();
  sandbox = running;
  const kubeconfig = async (context: Terminal): Promise<string> => {
    const file = join(cache, `${context}.kubeconfig`);
    await run('bash', [
      '-c',
      `'${findBinary('kubectl')}' --kubeconfig '${running.kubeconfig}' --context ${context} config view --minify --raw > '${file}'`,
    ]);
    return file;
  };
  const kubeconfigs = { cluster1: await kubeconfig('cluster1'), cluster2: await kubeconfig('cluster2') };
  return { kubeconfigs, close: () => running.stop() };
}

async function onControlPlanes(): Promise<Place> {
  const [cluster1, cluster2] = await sharedClusters();
  const both = [cluster1, cluster2];
  const volumes = join(cache, 'volumes.json');
  await writeFile(volumes, JSON.stringify(fakeVolumes()));
  for (const cluster of both) await cluster.kubectl('apply', '-f', volumes);
  const fleet: RunningFleet = await runFleet(both, {
    spec: { namespaces: [{ name: 'provider-ns', import: { mode: 'Manual' } }] },
  });
  const kubeconfigs = { cluster1: cluster1.plane.kubeconfig, cluster2: cluster2.plane.kubeconfig };
  return { kubeconfigs, close: () => fleet.stop() };
}
