/** Lifecycle of one control plane: files, and components in order. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Api, connect, isEtcd } from './api.ts';
import { type BinaryName, findBinary } from './binaries.ts';
import { type Component, ComponentError, startComponent } from './component.ts';
import { filesOf } from './files.ts';
import { apiServerArgs, controllerManagerArgs, etcdArgs, kwokArgs, schedulerArgs } from './flags.ts';
import { kubeconfig } from './kubeconfig.ts';
import { networksOf } from './networks.ts';
import { fakeNode, KWOK_STAGES, ZONES } from './nodes.ts';
import { freePort } from './ports.ts';
import { DEFAULT_VERSION, KUBERNETES_VERSIONS, type Version } from './versions.ts';

export interface ControlPlane {
  /** cluster1, cluster2, ... */
  readonly name: string;
  /** https://127.0.0.1:PORT */
  readonly server: string;
  /** PEM file of the CA that signed the API server's certificate. */
  readonly caFile: string;
  /** Bearer token of `admin`, group system:masters. */
  readonly token: string;
  /** Path of a self-contained kubeconfig, whose only context has the name of the cluster. */
  readonly kubeconfig: string;
  readonly context: string;
  /** Distinct per cluster; IPv4 first, then IPv6. Contains the addresses of fake pods. */
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  /** JSON lines, one per write, and per read by accounts of {@link AUDITED_NAMESPACE}; among others by the users `admin`, `kube-controller-manager`, `kube-scheduler` and `kwok`. */
  readonly auditLog: string | undefined;
  /** Stops kube-apiserver only. Default signal: SIGKILL. */
  stopApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** Restarts kube-apiserver with the same port and data, and waits until it is ready. */
  startApiServer(): Promise<void>;
  /** Stops all components. Idempotent. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Two fake nodes, a scheduler, and KWOK to run pods. Default: false. */
  readonly kwok?: boolean;
  /** Write every create, update, patch and delete to `auditLog`. Default: false. */
  readonly audit?: boolean;
  /** Run kube-controller-manager; not needed by benchmarks that write EndpointSlices. Default: true. */
  readonly controllerManager?: boolean;
  /** The versions of the clusters, in turn. Default: those in the variable `KUBERNETES`, else the default version. */
  readonly versions?: readonly Version[];
  /**
   * Called when a cluster's API server is ready, before kube-controller-manager starts. The garbage collector knows
   * CRDs that are created here from its start, and discovers later ones within 30 s.
   */
  readonly onApiServer?: (plane: ControlPlane) => Promise<void>;
  /** Aborts the start and stops running components. */
  readonly signal?: AbortSignal;
}

const BOOT_TIMEOUT_MS = 120_000;
const POLL_MS = 100;
const USERS = ['admin', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const;
type User = (typeof USERS)[number];

/** Namespace whose service accounts have their reads logged, too. */
export const AUDITED_NAMESPACE = 'catamaran-audited';

// Otherwise without reads, since the log is for counting writes.
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', userGroups: [`system:serviceaccounts:${AUDITED_NAMESPACE}`] },
    { level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'None' },
  ],
};

/** `index` counts from 1. `released` is called once, when the control plane has stopped. */
export async function startControlPlane(
  index: number,
  dir: string,
  version: Version,
  options: ControlPlaneOptions,
  released: () => Promise<void>,
): Promise<ControlPlane> {
  const name = `cluster${index}`;
  const { minor } = KUBERNETES_VERSIONS[version];
  const networks = networksOf(index);
  const files = filesOf(join(dir, name));
  const tokens = newTokens();
  const logFile = (component: string): string => join(dir, 'logs', `${name}.${component}.log`);
  const running: Component[] = [];
  let etcd: Component | undefined;
  let apiServer: Component | undefined;
  let api: Api | undefined;
  let stopped: Promise<void> | undefined;

  const launch = async (binary: BinaryName, args: readonly string[]): Promise<Component> => {
    // KWOK belongs to no version.
    const command = findBinary(binary, binary === 'kwok' ? DEFAULT_VERSION : version);
    return await startComponent({ name: `${name} ${binary}`, command, args, logFile: logFile(binary) });
  };

  const ready = (component: Component, isReady: () => Promise<boolean>): Promise<void> =>
    untilReady(component, isReady, options.signal);

  const stopAll = async (): Promise<void> => {
    await Promise.all([...running, ...(apiServer ? [apiServer] : [])].map((one) => one.stop('SIGTERM', 2_000)));
    await etcd?.stop('SIGTERM', 2_000);
    await api?.close();
    await released();
  };
  const stop = (): Promise<void> => {
    stopped ??= stopAll();
    return stopped;
  };

  const startClients = async (): Promise<void> => {
    if (options.controllerManager !== false) {
      const manager = await launch('kube-controller-manager', controllerManagerArgs(files, minor));
      running.push(manager);
      // All controllers start together; this one has an observable result.
      await ready(
        manager,
        async () => (await api?.isOk('/api/v1/namespaces/default/serviceaccounts/default')) === true,
      );
    }
    if (options.kwok) {
      running.push(await launch('kube-scheduler', schedulerArgs(files, minor)));
      await Promise.all(ZONES.map((_, i) => api?.create('/api/v1/nodes', fakeNode(name, index, i + 1))));
      const kwok = await launch('kwok', kwokArgs(files, networks.podCIDRs[0], index));
      running.push(kwok);
      await ready(kwok, async () => (await api?.readyNodes()) === ZONES.length);
    }
  };

  try {
    await rm(files.dir, { recursive: true, force: true });
    await mkdir(files.dir, { recursive: true });
    await writeFile(files.tokens, USERS.map((user) => `${tokens[user]},${user},${user},system:masters`).join('\n'));
    await writeFile(files.serviceAccountKey, newServiceAccountKey(), { mode: 0o600 });
    await writeFile(files.stages, KWOK_STAGES);
    await writeFile(files.auditPolicy, JSON.stringify(AUDIT_POLICY));

    const etcdPort = await withFreePort(async (port) => {
      // The name distinguishes this etcd from one that another process started on the same port.
      const member = randomBytes(8).toString('hex');
      etcd = await launch('etcd', etcdArgs(files, port, member));
      await ready(etcd, () => isEtcd(port, member));
    });
    const startApiServer = async (port: number): Promise<void> => {
      const component = await launch(
        'kube-apiserver',
        apiServerArgs(files, port, etcdPort, networks, options.audit === true),
      );
      apiServer = component;
      await api?.close();
      api = undefined;
      await ready(component, async () => {
        api ??= await connect(`https://127.0.0.1:${port}`, files, tokens.admin);
        return api !== undefined && (await api.isOk('/readyz'));
      });
    };
    const port = await withFreePort(startApiServer);
    const server = `https://127.0.0.1:${port}`;
    const ca = await readFile(files.caFile);
    for (const user of USERS) {
      const path = user === 'admin' ? files.kubeconfig : files.kubeconfigOf(user);
      await writeFile(path, kubeconfig([{ name, server, ca, token: tokens[user] }]), { mode: 0o600 });
    }
    const plane: ControlPlane = {
      name,
      server,
      caFile: files.caFile,
      token: tokens.admin,
      kubeconfig: files.kubeconfig,
      context: name,
      ...networks,
      auditLog: options.audit ? files.auditLog : undefined,
      async stopApiServer(signal = 'SIGKILL') {
        await apiServer?.stop(signal, 5_000);
      },
      async startApiServer() {
        if (apiServer?.exit() === undefined) return;
        await startApiServer(port);
      },
      stop,
    };
    await options.onApiServer?.(plane);
    await startClients();
    return plane;
  } catch (error) {
    await stop();
    throw error;
  }
}

function newTokens(): Record<User, string> {
  const token = (): string => randomBytes(24).toString('hex');
  return { admin: token(), 'kube-controller-manager': token(), 'kube-scheduler': token(), kwok: token() };
}

/** A signing key for ServiceAccount tokens, in PEM. */
export function newServiceAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}

/** Tries up to five ports while `start` fails because the port is in use. */
async function withFreePort(start: (port: number) => Promise<void>): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      await start(port);
      return port;
    } catch (error) {
      const taken = error instanceof ComponentError && error.log.includes('address already in use');
      if (!taken || attempt === 5) throw error;
    }
  }
}

async function untilReady(component: Component, isReady: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  const end = Date.now() + BOOT_TIMEOUT_MS;
  for (;;) {
    signal?.throwIfAborted();
    if (await isReady()) return;
    const exit = component.exit();
    if (exit !== undefined) throw new ComponentError(`exited with ${exit} while starting`, component.spec);
    if (Date.now() > end) throw new ComponentError(`was not ready within ${BOOT_TIMEOUT_MS / 1000} s`, component.spec);
    await delay(POLL_MS);
  }
}
