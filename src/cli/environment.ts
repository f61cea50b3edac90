/** The only file that reads environment variables; everything else receives the typed {@link Environment}. */
import { homedir, hostname } from 'node:os';
import { delimiter } from 'node:path';
import { CatamaranError } from '../runtime/errors.ts';
import { LOG_LEVELS, type LogLevel } from '../runtime/log.ts';

/** The variables that the program reads. `docs/reference/cli.md` is generated from it. */
export const VARIABLES = {
  KUBECONFIG: 'kubeconfig files, separated as in `PATH`; used if a member or command sets none',
  HOME: 'home directory, whose `.kube/config` is used if `KUBECONFIG` is unset',
  CATAMARAN_CONFIG: 'fleet file of commands that ask about a fleet; `--config` overrides it',
  CATAMARAN_LOG_LEVEL: `minimum log level: ${LOG_LEVELS.map((level) => `\`${level}\``).join(', ')} (default: \`info\`); \`--log-level\` overrides it`,
  NO_COLOR: 'any value disables colors, which are used only on a terminal',
  POD_NAME: 'identity of this replica in Leases (default: host name)',
  POD_NAMESPACE: 'namespace of the controller’s pod',
  KUBERNETES_SERVICE_HOST: 'address of the API server, set by Kubernetes in pods; used for `inCluster: true`',
  KUBERNETES_SERVICE_PORT: 'port of the API server, set by Kubernetes in pods',
  NODE_TLS_REJECT_UNAUTHORIZED: 'has no effect on connections to API servers; a warning is logged if it is `0`',
} as const;

export interface Environment {
  /** KUBECONFIG, in order of precedence. Empty if unset. */
  readonly kubeconfigFiles: readonly string[];
  /** CATAMARAN_CONFIG. */
  readonly fleetFile?: string;
  /** HOME, or the home directory that the system reports. */
  readonly home: string;
  /** NO_COLOR is set and not empty (no-color.org). */
  readonly noColor: boolean;
  readonly logLevel: LogLevel;
  /** POD_NAME, or the host name. */
  readonly podName: string;
  /** Absent outside a pod. */
  readonly podNamespace?: string;
  /** Absent outside a pod. */
  readonly kubernetesService?: { readonly host: string; readonly port: number };
  /** NODE_TLS_REJECT_UNAUTHORIZED asks not to verify certificates. */
  readonly tlsVerificationOff: boolean;
  /** All variables, for exec plugins of a user's own kubeconfig, which expect the same environment as from kubectl. */
  readonly variables: Variables;
}

export type Variables = Readonly<Record<string, string | undefined>>;

function isLogLevel(text: string): text is LogLevel {
  return LOG_LEVELS.some((level) => level === text);
}

/** @throws CTM_USAGE on an unknown log level. */
export function readEnvironment(variables: Variables = process.env): Environment {
  // An empty variable counts as unset, as in kubectl.
  const read = (name: keyof typeof VARIABLES) => (variables[name] === '' ? undefined : variables[name]);
  const logLevel = read('CATAMARAN_LOG_LEVEL') ?? 'info';
  if (!isLogLevel(logLevel)) {
    const allowed = LOG_LEVELS.join(', ');
    throw new CatamaranError(
      'CTM_USAGE',
      `CATAMARAN_LOG_LEVEL: ${JSON.stringify(logLevel)} is not a log level; allowed: ${allowed}`,
    );
  }
  const fleetFile = read('CATAMARAN_CONFIG');
  const podNamespace = read('POD_NAMESPACE');
  const host = read('KUBERNETES_SERVICE_HOST');
  const port = read('KUBERNETES_SERVICE_PORT');
  return {
    kubeconfigFiles: (read('KUBECONFIG') ?? '').split(delimiter).filter((file) => file !== ''),
    ...(fleetFile !== undefined && { fleetFile }),
    home: read('HOME') ?? homedir(),
    noColor: read('NO_COLOR') !== undefined,
    logLevel,
    podName: read('POD_NAME') ?? hostname(),
    ...(podNamespace !== undefined && { podNamespace }),
    ...(host !== undefined && port !== undefined && { kubernetesService: { host, port: Number(port) } }),
    tlsVerificationOff: read('NODE_TLS_REJECT_UNAUTHORIZED') === '0',
    variables,
  };
}
