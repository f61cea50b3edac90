/** The only file that reads environment variables. Everything else is handed this typed object. */
import { homedir, hostname } from 'node:os';
import { delimiter } from 'node:path';
import { CatamaranError } from '../runtime/errors.ts';
import { LOG_LEVELS, type LogLevel } from '../runtime/log.ts';

/** What the surroundings of the process say. */
export interface Environment {
  /** KUBECONFIG: files, the first one wins. Empty where unset. */
  readonly kubeconfigFiles: readonly string[];
  /** HOME, else what the system knows. */
  readonly home: string;
  /** NO_COLOR is set and not empty (no-color.org). */
  readonly noColor: boolean;
  /** CATAMARAN_LOG_LEVEL; `info` where unset. */
  readonly logLevel: LogLevel;
  /** POD_NAME, else the name of the machine: tells replicas apart in Leases. */
  readonly podName: string;
  /** POD_NAMESPACE; absent outside a pod. */
  readonly podNamespace?: string;
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT; absent outside a pod. */
  readonly kubernetesService?: { readonly host: string; readonly port: number };
  /** All variables, for the exec plugins of a user's own kubeconfig: they expect what kubectl would give them. */
  readonly variables: Variables;
}

/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

function isLogLevel(text: string): text is LogLevel {
  return LOG_LEVELS.some((level) => level === text);
}

/** An empty variable counts as unset, as with kubectl. */
function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function kubernetesService(variables: Variables): Environment['kubernetesService'] {
  const host = given(variables.KUBERNETES_SERVICE_HOST);
  const port = given(variables.KUBERNETES_SERVICE_PORT);
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

/** Reads the environment of this process, or the variables given. Throws CTM_USAGE on a level that does not exist. */
export function readEnvironment(variables: Variables = process.env): Environment {
  const logLevel = given(variables.CATAMARAN_LOG_LEVEL) ?? 'info';
  if (!isLogLevel(logLevel)) {
    throw new CatamaranError(
      'CTM_USAGE',
      `CATAMARAN_LOG_LEVEL is ${JSON.stringify(logLevel)}; use one of ${LOG_LEVELS.join(', ')}`,
    );
  }
  const podNamespace = given(variables.POD_NAMESPACE);
  const service = kubernetesService(variables);
  return {
    kubeconfigFiles: (variables.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== ''),
    home: given(variables.HOME) ?? homedir(),
    noColor: given(variables.NO_COLOR) !== undefined,
    logLevel,
    podName: given(variables.POD_NAME) ?? hostname(),
    ...(podNamespace !== undefined && { podNamespace }),
    ...(service && { kubernetesService: service }),
    variables,
  };
}
