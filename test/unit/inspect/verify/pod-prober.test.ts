/** Pods of `verify` in a simulated cluster without kubelets: the test is the kubelet. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type PodProberOptions, podProber } from '../../../../src/inspect/verify/pod-prober.ts';
import type { Target } from '../../../../src/inspect/verify/target.ts';
import { ApiError } from '../../../../src/kube/client/api-errors.ts';
import type { KubeClient } from '../../../../src/kube/client/client.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';

let fleet: HostileFleet;
let client: KubeClient;

beforeAll(async () => {
  fleet = await startHostileFleet({ clusters: 1 });
  client = fleet.connect('cluster1');
}, 30_000);
afterAll(() => fleet[Symbol.asyncDispose]());

const OPTIONS: PodProberOptions = {
  namespace: 'default',
  image: 'catamaran:test',
  requestMs: 5_000,
  timeoutMs: 20_000,
  clock: systemClock,
  random: Math.random,
};

const WEB: Target = { namespace: 'shop', service: 'web', kind: 'derived', host: 'amcs-web.shop', port: 80, http: true };
const DB: Target = {
  namespace: 'shop',
  service: 'db',
  kind: 'endpoint',
  exporter: 'b',
  host: '10.2.0.1',
  port: 3306,
  http: false,
};

const pods = () => fleet.cluster('cluster1').api.list('/pods', { namespace: 'default' });

/** Waits for the pod, and sets its status. */
async function run(status: object): Promise<object> {
  const pod = await vi.waitFor(() => {
    const [found] = pods();
    if (!found) throw new Error('no pod');
    return found;
  });
  fleet.cluster('cluster1').api.updateStatus('/pods', { ...pod, status: { phase: 'Pending', ...status } });
  return pod;
}

/** The client, with a log of the pod. */
const logging = (log: string): KubeClient => ({
  ...methodsOf(client),
  raw: async (path) => (path.includes('/log') ? log : client.raw(path)),
});

const methodsOf = (each: KubeClient): KubeClient => ({
  cluster: each.cluster,
  get: (...args) => each.get(...args),
  list: (...args) => each.list(...args),
  pages: (...args) => each.pages(...args),
  watch: (...args) => each.watch(...args),
  create: (...args) => each.create(...args),
  update: (...args) => each.update(...args),
  patch: (...args) => each.patch(...args),
  delete: (...args) => each.delete(...args),
  raw: (...args) => each.raw(...args),
  close: () => each.close(),
});

const REQUEST = { cluster: 'cluster1', verb: 'create', resource: 'pods', object: 'default' };
const { signal } = new AbortController();

it('runs the requests in a pod without rights, reads the answers, and deletes the pod', async () => {
  const log =
    'a warning\n{"reached":true,"latencyMs":3,"status":200}\n{"reached":false,"error":"connect ECONNREFUSED"}\n';
  const answers = podProber(logging(log), OPTIONS)([WEB, DB], signal);
  const pod = await run({ phase: 'Succeeded' });
  expect(await answers).toEqual([
    { reached: true, latencyMs: 3, status: 200 },
    { reached: false, error: 'connect ECONNREFUSED' },
  ]);
  expect(pod).toMatchObject({
    spec: {
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      activeDeadlineSeconds: 30,
      containers: [
        {
          image: 'catamaran:test',
          args: ['probe', '--timeout', '5', 'http://amcs-web.shop:80', 'tcp://10.2.0.1:3306'],
        },
      ],
    },
  });
  expect(pods()).toEqual([]);
});

it('a log without answers is no success', async () => {
  const answers = podProber(logging('[]\n{"reached":"yes"}\nnot JSON'), OPTIONS)([WEB, DB], signal);
  await run({ phase: 'Succeeded' });
  const none = { reached: false, error: 'the pod reported no answer' };
  expect(await answers).toEqual([none, none]);
});

it.each([
  [
    'an image that cannot be pulled',
    {
      containerStatuses: [
        {
          name: 'verify',
          image: 'x',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } },
        },
      ],
    },
    /\(image catamaran:test\) does not start: Pending: ImagePullBackOff: not found; pass the image of your registry as --image$/,
  ],
  ['a pod that is evicted', { phase: 'Failed', reason: 'Evicted', message: 'no disk' }, /failed: Evicted: no disk$/],
  [
    'an image without the command',
    {
      phase: 'Failed',
      containerStatuses: [
        {
          name: 'verify',
          image: 'x',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { terminated: { exitCode: 127, reason: 'Error', message: 'probe: not found\n' } },
        },
      ],
    },
    /\(image catamaran:test\) failed: exit code 127: Error: probe: not found$/,
  ],
])('%s is named, and deleted', async (_, status, message) => {
  const answers = podProber(client, OPTIONS)([WEB], signal);
  const failure = expect(answers).rejects.toThrow(message);
  await run(status);
  await failure;
  expect(pods()).toEqual([]);
});

it('a refused pod is not deleted, and the refusal is reported', async () => {
  const refused = new ApiError('CTM_API_STATUS', REQUEST, 'violates PodSecurity "restricted:latest"', { status: 403 });
  const refusing: KubeClient = {
    ...methodsOf(client),
    create: () => Promise.reject(refused),
    delete: () => Promise.reject(new Error('may not delete')),
  };
  await expect(podProber(refusing, OPTIONS)([WEB], signal)).rejects.toBe(refused);
});

it('a pod that does not end in time is deleted', async () => {
  await expect(podProber(client, { ...OPTIONS, timeoutMs: 1 })([WEB], signal)).rejects.toThrow(
    /did not end within 0\.001 s: Pending$/,
  );
  expect(pods()).toEqual([]);
});

it('a pod is deleted if the command is stopped', async () => {
  const stop = new AbortController();
  const answers = podProber(client, OPTIONS)([WEB], stop.signal);
  const failure = expect(answers).rejects.toThrow('stopped');
  await vi.waitFor(() => expect(pods()).toHaveLength(1));
  stop.abort(new Error('stopped'));
  await failure;
  expect(pods()).toEqual([]);
});
