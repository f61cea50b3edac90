/** Sends requests from a pod that exists only for them, and runs `catamaran probe`. */

import type { JsonObject } from '../../api/json.ts';
import { isJsonObject, parseJson } from '../../api/json.ts';
import type { KubeObject } from '../../api/meta.ts';
import { PODS } from '../../api/resources.ts';
import { isRefusal } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import type { Answer } from './answer.ts';
import { endpointText } from './endpoint-text.ts';
import type { Prober } from './verification.ts';

/** On every pod of `verify`, to find those that are left. */
export const VERIFY_LABEL = { 'app.kubernetes.io/name': 'catamaran-verify' } as const;

const POLL_MS = 250;
/** How long a deletion may take that happens after the user has stopped the command. */
const CLEANUP_MS = 10_000;
/** User and group of the image. */
const NONROOT = 65_532;
const FATAL = [
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImagePullBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
];

export interface PodProberOptions {
  readonly namespace: string;
  readonly image: string;
  /** Per request, in ms. */
  readonly requestMs: number;
  /** Of the pod, from its creation to its end, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly exitCode?: number; readonly reason?: string; readonly message?: string };
}

interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly { readonly state?: ContainerState }[];
  };
}

/** The container of a pod that sends requests, without any rights. */
export function probeContainer(image: string, args: readonly string[]): JsonObject {
  return {
    name: 'verify',
    image,
    args,
    // Its last lines are the reason of a failure.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

/** Fields of a pod that ends by itself, and needs nothing from its node. */
export function probePodSpec(container: JsonObject): JsonObject {
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NONROOT,
      runAsGroup: NONROOT,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container],
  };
}

function manifest(name: string, targets: readonly string[], options: PodProberOptions): JsonObject {
  const args = ['probe', '--timeout', `${options.requestMs / 1_000}`, ...targets];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: options.namespace, labels: VERIFY_LABEL },
    spec: {
      ...probePodSpec(probeContainer(options.image, args)),
      automountServiceAccountToken: false,
      // Ends, too, if this program is killed.
      activeDeadlineSeconds: Math.ceil(options.timeoutMs / 1_000) + 10,
    },
  };
}

function failed(message: string): CatamaranError {
  return new CatamaranError('CTM_VERIFY', message);
}

/** Why a pod does not run yet. */
function stateText({ status = {} }: Pod): string {
  const waiting = status.containerStatuses?.[0]?.state?.waiting;
  const unscheduled = status.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const why = [waiting?.reason, waiting?.message, unscheduled?.message].filter((part) => part !== undefined);
  return [status.phase ?? 'Pending', ...why].join(': ');
}

/** Why a pod has failed: the node or the API server ended it, or its container did. */
function failureText({ status = {} }: Pod): string {
  const terminated = status.containerStatuses?.[0]?.state?.terminated;
  const code = terminated?.exitCode === undefined ? undefined : `exit code ${terminated.exitCode}`;
  const why = [status.reason, status.message, code, terminated?.reason, terminated?.message?.trim()];
  return why.filter((part) => part !== undefined && part !== '').join(': ');
}

async function untilDone(client: KubeClient, name: string, options: PodProberOptions, signal: AbortSignal) {
  const { clock, namespace, timeoutMs } = options;
  const end = clock.now() + timeoutMs;
  for (;;) {
    const pod = await client.get<Pod>(PODS, { namespace, name }, { signal });
    if (pod.status?.phase === 'Succeeded') return;
    const title = `Pod ${namespace}/${name} (image ${options.image})`;
    if (pod.status?.phase === 'Failed') throw failed(`${title} failed: ${failureText(pod)}`);
    const reason = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '';
    if (FATAL.includes(reason))
      throw failed(`${title} does not start: ${stateText(pod)}; pass the image of your registry as --image`);
    if (clock.now() >= end) throw failed(`${title} did not end within ${timeoutMs / 1_000} s: ${stateText(pod)}`);
    await clock.sleep(POLL_MS, signal);
  }
}

/** An answer from a line of the log; anything else counts as none. */
function answerOf(line: string | undefined): Answer {
  const none: Answer = { reached: false, error: 'the pod reported no answer' };
  if (line === undefined) return none;
  try {
    const parsed = parseJson(line);
    if (!isJsonObject(parsed)) return none;
    const { reached, latencyMs, status, error } = parsed;
    if (reached === true && typeof latencyMs === 'number')
      return { reached, latencyMs, ...(typeof status === 'number' && { status }) };
    return { reached: false, error: typeof error === 'string' ? error.slice(0, 500) : none.error };
  } catch {
    return none;
  }
}

/** Creates a pod in a consumer for each call, and deletes it whatever happens. */
export function podProber(client: KubeClient, options: PodProberOptions): Prober {
  return async (targets, signal) => {
    const { namespace, random } = options;
    const name = `catamaran-verify-${Math.floor(random() * 36 ** 6)
      .toString(36)
      .padStart(6, '0')}`;
    signal.throwIfAborted();
    let wasRefused = false;
    try {
      await client.create(PODS, namespace, manifest(name, targets.map(endpointText), options)).catch((error) => {
        wasRefused = isRefusal(error);
        throw error;
      });
      await untilDone(client, name, options, signal);
      const log = await client.raw(`/api/v1/namespaces/${namespace}/pods/${name}/log?limitBytes=4194304`, { signal });
      const text = typeof log === 'string' ? log : JSON.stringify(log);
      const lines = text.split('\n').filter((line) => line.startsWith('{'));
      return targets.map((_, index) => answerOf(lines[index]));
    } finally {
      // A create whose response was lost may have succeeded.
      if (!wasRefused) {
        await client.delete(PODS, { namespace, name }, { signal: AbortSignal.timeout(CLEANUP_MS) });
      }
    }
  };
}
