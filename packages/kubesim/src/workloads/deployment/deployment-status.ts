/** Status of a Deployment. Source: Kubernetes documentation, "Deployments", Deployment status. */
import type { Deployment, DeploymentStatus, ReplicaSet, StatusCondition } from '../kinds.ts';
import { apiTime, timeOf } from '../time.ts';
import { sum } from './replicas.ts';
import type { Rollout } from './revision.ts';
import { boundsOf, replicasOf } from './surge.ts';

interface News {
  readonly type: 'Available' | 'Progressing' | 'ReplicaFailure';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** What a sync did with the ReplicaSet of the current template; `held`: the rollout does not proceed in this sync. */
export type Happened = 'created' | 'found' | 'held' | undefined;

/** The maximum of progressDeadlineSeconds, which disables the deadline. */
const NEVER = 2 ** 31 - 1;

function conditionOf(status: DeploymentStatus | undefined, type: string): StatusCondition | undefined {
  return status?.conditions?.find((each) => each.type === type);
}

/** Sets a condition. With `again`, its lastUpdateTime is updated even if it is otherwise unchanged. */
function set(
  conditions: readonly StatusCondition[],
  news: News,
  now: string,
  again = false,
): readonly StatusCondition[] {
  const old = conditions.find(({ type }) => type === news.type);
  if (!again && old?.status === news.status && old.reason === news.reason) return conditions;
  const lastTransitionTime = old?.status === news.status ? (old.lastTransitionTime ?? now) : now;
  const rest = conditions.filter(({ type }) => type !== news.type);
  return [...rest, { ...news, lastUpdateTime: now, lastTransitionTime }];
}

/** Replica counts of the ReplicaSets, without the conditions of the rollout. */
function counted(rollout: Rollout): DeploymentStatus {
  const { deployment, fresh, olds } = rollout;
  const sets = fresh ? [...olds, fresh] : olds;
  const count = (of: (status: NonNullable<ReplicaSet['status']>) => number | undefined) =>
    sum(sets, ({ status }) => (status && of(status)) ?? 0);
  const replicas = count((status) => status.replicas);
  const available = count((status) => status.availableReplicas);
  const ready = count((status) => status.readyReplicas);
  const updated = fresh?.status?.replicas ?? 0;
  const unavailable = Math.max(0, sum(sets, ({ spec }) => spec.replicas ?? 1) - available);
  const { generation } = deployment.metadata;
  const { collisionCount } = deployment.status ?? {};
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(replicas > 0 && { replicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    ...(unavailable > 0 && { unavailableReplicas: unavailable }),
    ...(collisionCount !== undefined && { collisionCount }),
  };
}

/** Whether all pods have the current template and are available. */
export function isComplete({ metadata, ...deployment }: Deployment, status: DeploymentStatus): boolean {
  const replicas = deployment.spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  );
}

/** Whether the new status shows progress over the old one. */
function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** The status, and the milliseconds until the progress deadline. */
export interface NewStatus {
  readonly status: DeploymentStatus;
  readonly deadline: number | undefined;
}

/** The status to write. */
export function statusOf(rollout: Rollout, happened: Happened, clockNow: number): NewStatus {
  const { deployment, fresh } = rollout;
  const now = apiTime(clockNow);
  const before = deployment.status ?? {};
  const status = counted(rollout);
  let conditions = before.conditions ?? [];
  const least = replicasOf(deployment) - boundsOf(deployment).maxUnavailable;
  const available = (status.availableReplicas ?? 0) >= least;
  conditions = set(
    conditions,
    available
      ? availability('True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
      : availability('False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'),
    now,
  );
  const limit = deployment.spec.progressDeadlineSeconds ?? 600;
  let deadline: number | undefined;
  if (limit < NEVER && happened !== 'held') {
    if (happened && fresh && !(happened === 'found' && conditionOf(before, 'Progressing'))) {
      conditions = set(conditions, appeared(happened, fresh.metadata.name), now);
    }
    const progress = progressOf(rollout, { ...status, conditions }, before, clockNow);
    // The deadline is relative to the last progress.
    if (progress.news) conditions = set(conditions, progress.news, now, progress.restart);
    deadline = progress.waits ? deadlineIn(conditions, limit, clockNow) : undefined;
  }
  return { status: { ...status, conditions: withFailures(rollout, conditions, now) }, deadline };
}

function availability(status: News['status'], reason: string, message: string): News {
  return { type: 'Available', status, reason, message };
}

function appeared(happened: 'created' | 'found', name: string): News {
  return happened === 'created'
    ? progressing('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`)
    : progressing('True', 'FoundNewReplicaSet', `Found new replica set "${name}"`);
}

function progressing(status: News['status'], reason: string, message: string): News {
  return { type: 'Progressing', status, reason, message };
}

interface Progress {
  readonly news?: News;
  readonly restart?: boolean;
  /** Whether the deadline applies. */
  readonly waits: boolean;
}

function progressOf(rollout: Rollout, status: DeploymentStatus, before: DeploymentStatus, now: number): Progress {
  const { deployment, fresh } = rollout;
  const current = conditionOf(status, 'Progressing');
  const stands = (status.replicas ?? 0) === (status.updatedReplicas ?? 0);
  if (stands && current?.reason === 'NewReplicaSetAvailable') return { waits: false };
  const subject = fresh ? `ReplicaSet "${fresh.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const news = progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`);
    return { news, waits: false };
  }
  if (hasProgressed(before, status)) {
    const news = progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`);
    return { news, restart: true, waits: true };
  }
  const limit = deployment.spec.progressDeadlineSeconds ?? 600;
  const left = deadlineIn(status.conditions ?? [], limit, now);
  if (current?.status === 'True' && current.reason !== 'NewReplicaSetAvailable' && left !== undefined && left <= 0) {
    const news = progressing('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`);
    return { news, waits: false };
  }
  return { waits: current?.status === 'True' };
}

function deadlineIn(conditions: readonly StatusCondition[], limit: number, now: number): number | undefined {
  const current = conditions.find(({ type }) => type === 'Progressing');
  return current && timeOf(current.lastUpdateTime) + limit * 1000 - now;
}

function withFailures(
  { fresh, olds }: Rollout,
  conditions: readonly StatusCondition[],
  now: string,
): readonly StatusCondition[] {
  const failure = [...(fresh ? [fresh] : []), ...olds]
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (!failure) return conditions.filter(({ type }) => type !== 'ReplicaFailure');
  const { reason = 'FailedCreate', message = '' } = failure;
  return set(conditions, { type: 'ReplicaFailure', status: 'True', reason, message }, now);
}

/** Sets the condition of a paused or resumed Deployment. */
export function pauseStatus(deployment: Deployment, clockNow: number): DeploymentStatus | undefined {
  const current = conditionOf(deployment.status, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const paused = deployment.spec.paused === true;
  const wasPaused = current?.reason === 'DeploymentPaused';
  if (paused === wasPaused) return undefined;
  const news = paused
    ? progressing('Unknown', 'DeploymentPaused', 'Deployment is paused')
    : progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  return { ...deployment.status, conditions: set(deployment.status?.conditions ?? [], news, apiTime(clockNow)) };
}
