/** Status of pods. Source: Kubernetes documentation, "Pod Lifecycle". */
import type { JsonObject } from '../../machinery/json.ts';
import type { Container, ContainerStatus, Node, Pod, PodStatus, StatusCondition } from '../kinds.ts';

/** Annotation on a pod: `"false"` makes it unready, like a failing readiness probe. */
export const READY_ANNOTATION = 'kubesim.catamaran.dev/ready';

type News = Omit<StatusCondition, 'lastTransitionTime' | 'lastProbeTime' | 'observedGeneration'>;

/** Adds timestamps to conditions. lastTransitionTime changes only with the status. */
function conditions(pod: Pod, news: readonly News[], now: string): readonly StatusCondition[] {
  const { generation } = pod.metadata;
  const own = new Set(news.map(({ type }) => type));
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !own.has(type));
  const timed = news.map((each) => {
    const old = pod.status?.conditions?.find(({ type }) => type === each.type);
    return {
      ...each,
      lastProbeTime: null,
      lastTransitionTime: old?.status === each.status ? (old.lastTransitionTime ?? now) : now,
      ...(generation !== undefined && { observedGeneration: generation }),
    };
  });
  return [...timed, ...others];
}

function observed({ metadata }: Pod): { readonly observedGeneration?: number } {
  return metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
}

/** The status of a pod that fits on no node. */
export function unschedulable(pod: Pod, problem: string, now: string): PodStatus {
  const scheduled: News = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: problem };
  return { ...pod.status, phase: 'Pending', conditions: conditions(pod, [scheduled], now) };
}

function containerStatus({ name, image = '' }: Container, ready: boolean, state: JsonObject): ContainerStatus {
  const started = 'running' in state;
  return { name, image, imageID: '', ready, started, restartCount: 0, state, lastState: {} };
}

function hosts(node: Node | undefined): Pick<PodStatus, 'hostIP' | 'hostIPs'> {
  const ips = hostAddresses(node);
  const [hostIP] = ips;
  return hostIP === undefined ? {} : { hostIP, hostIPs: ips.map((ip) => ({ ip })) };
}

/** The addresses of a node, shared by pods on its host network. */
export function hostAddresses(node: Node | undefined): string[] {
  return (node?.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}

/** The status of a scheduled pod that cannot run yet, with the reason for each waiting container. */
export function waiting(
  pod: Pod,
  node: Node | undefined,
  reasons: (container: string) => { readonly reason: string; readonly message?: string },
  now: string,
): PodStatus {
  const names = pod.spec.containers.map(({ name }) => name);
  const not: Pick<News, 'status' | 'reason' | 'message'> = {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${names.join(' ')}]`,
  };
  const news: News[] = [
    { type: 'PodReadyToStartContainers', status: 'True' },
    { type: 'Initialized', status: 'True' },
    { type: 'Ready', ...not },
    { type: 'ContainersReady', ...not },
    { type: 'PodScheduled', status: 'True' },
  ];
  return {
    ...pod.status,
    ...observed(pod),
    phase: 'Pending',
    conditions: conditions(pod, news, now),
    ...hosts(node),
    startTime: pod.status?.startTime ?? now,
    containerStatuses: pod.spec.containers.map((container) =>
      containerStatus(container, false, { waiting: reasons(container.name) }),
    ),
  };
}

function isMarkedUnready({ metadata }: Pod): boolean {
  return metadata.annotations?.[READY_ANNOTATION] === 'false';
}

function openGates({ spec, status }: Pod): string[] {
  return (spec.readinessGates ?? [])
    .map(({ conditionType }) => conditionType)
    .filter((type) => !status?.conditions?.some((each) => each.type === type && each.status === 'True'));
}

function readiness(pod: Pod): { readonly ready: News; readonly containers: News } {
  if (isMarkedUnready(pod)) {
    const names = pod.spec.containers.map(({ name }) => name).join(' ');
    const not = {
      status: 'False',
      reason: 'ContainersNotReady',
      message: `containers with unready status: [${names}]`,
    } as const;
    return { ready: { type: 'Ready', ...not }, containers: { type: 'ContainersReady', ...not } };
  }
  const containers: News = { type: 'ContainersReady', status: 'True' };
  const [gate] = openGates(pod);
  if (gate === undefined) return { ready: { type: 'Ready', status: 'True' }, containers };
  const message = `corresponding condition of pod readiness gate "${gate}" does not exist.`;
  return { ready: { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message }, containers };
}

function initStatuses({ spec, status }: Pod, now: string): readonly ContainerStatus[] | undefined {
  if (status?.initContainerStatuses) return status.initContainerStatuses;
  return spec.initContainers?.map((container) => {
    const sidecar = container.restartPolicy === 'Always';
    const done = { terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now } };
    return containerStatus(container, true, sidecar ? { running: { startedAt: now } } : done);
  });
}

/** The status of a pod whose first container has exited. */
export function ended(pod: Pod, exitCode: number, now: string): PodStatus {
  const reason = exitCode === 0 ? 'PodCompleted' : 'PodFailed';
  const news: News[] = [
    { type: 'PodReadyToStartContainers', status: 'False' },
    { type: 'Initialized', status: 'True', reason },
    { type: 'Ready', status: 'False', reason },
    { type: 'ContainersReady', status: 'False', reason },
    { type: 'PodScheduled', status: 'True' },
  ];
  const startedAt = pod.status?.startTime ?? now;
  const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt: now };
  return {
    ...pod.status,
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    conditions: conditions(pod, news, now),
    containerStatuses: pod.spec.containers.map((container) => containerStatus(container, false, { terminated })),
  };
}

/** The status of a running pod. Only commands of built-in programs exit. */
export function running(pod: Pod, node: Node | undefined, ips: readonly string[], now: string): PodStatus {
  const { ready, containers } = readiness(pod);
  const news: News[] = [
    { type: 'PodReadyToStartContainers', status: 'True' },
    { type: 'Initialized', status: 'True' },
    ready,
    containers,
    { type: 'PodScheduled', status: 'True' },
  ];
  const inits = initStatuses(pod, now);
  const startedAt = (name: string) =>
    pod.status?.containerStatuses?.find((each) => each.name === name && 'running' in each.state)?.state;
  return {
    ...pod.status,
    ...observed(pod),
    phase: 'Running',
    conditions: conditions(pod, news, now),
    ...hosts(node),
    ...(ips[0] !== undefined && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? now,
    ...(inits && { initContainerStatuses: inits }),
    containerStatuses: pod.spec.containers.map((container) =>
      containerStatus(
        container,
        containers.status === 'True',
        startedAt(container.name) ?? { running: { startedAt: now } },
      ),
    ),
  };
}
