/**
 * The Deployment controller: one ReplicaSet per template, and rollouts between them. Source: Kubernetes documentation,
 * "Deployments".
 */
import type { Clock } from '../../machinery/runtime.ts';
import { StatusError } from '../../machinery/status.ts';
import type { Deployment, DeploymentStatus } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { claim, controllerOf } from '../owners.ts';
import { isFinished } from '../pods.ts';
import { selects } from '../selector.ts';
import { sameJson } from '../template.ts';
import { type Happened, isComplete, pauseStatus, statusOf } from './deployment-status.ts';
import { growNew, isScaling, newReplicas, replicasOfSet, scaleAll, scaleSet, shrinkOlds } from './replicas.ts';
import { createNew, numberRevisions, type Rollout, revisionOf, rolloutOf } from './revision.ts';
import { isRolling, replicasOf } from './surge.ts';

/**
 * Performs one step of a Deployment; its changes enqueue the key again. Returns the milliseconds until the deadline.
 */
export function syncDeployment(objects: Objects, clock: Clock, namespace: string, name: string): number | undefined {
  let deployment = objects.get('apps/deployments', namespace, name);
  if (!deployment) return undefined;
  let rollout = rolloutOf(deployment, claim(objects, 'apps/replicasets', deployment, deployment.spec.selector));
  if (deployment.metadata.deletionTimestamp !== undefined) return writeStatus(objects, clock, rollout, 'held');
  const pause = pauseStatus(deployment, clock.now());
  if (pause) {
    deployment = objects.updateStatus('apps/deployments', { ...deployment, status: pause });
    rollout = { ...rollout, deployment };
  }
  rollout = numberRevisions(objects, rollout);
  if (deployment.spec.paused === true || isScaling(rollout)) {
    scaleAll(objects, rollout);
    return writeStatus(objects, clock, reread(objects, rollout), 'held');
  }
  let happened: Happened = rollout.fresh ? 'found' : undefined;
  const step = isRolling(deployment) ? rollForward : recreate;
  if (step(objects, rollout)) happened = rollout.fresh ? happened : 'created';
  const deadline = writeStatus(objects, clock, reread(objects, rollout), happened);
  cleanUp(objects, rollout);
  return deadline;
}

/** The Deployment and its ReplicaSets, reread after a step. */
function reread(objects: Objects, { deployment }: Rollout): Rollout {
  const { namespace = '', name, uid } = deployment.metadata;
  const sets = objects.list('apps/replicasets', namespace).filter((set) => controllerOf(set)?.uid === uid);
  return numberRevisions(objects, rolloutOf(objects.get('apps/deployments', namespace, name) ?? deployment, sets));
}

function rollForward(objects: Objects, rollout: Rollout): boolean {
  if (!rollout.fresh) return makeNew(objects, rollout, newReplicas(rollout));
  return growNew(objects, rollout) || shrinkOlds(objects, rollout);
}

/** Removes all old pods before creating a new one. */
function recreate(objects: Objects, rollout: Rollout): boolean {
  const { deployment, fresh, olds } = rollout;
  const shrunk = olds.map((set) => replicasOfSet(set) > 0 && scaleSet(objects, deployment, set, 0));
  if (shrunk.some(Boolean)) return true;
  const old = new Set(olds.map(({ metadata }) => metadata.uid));
  const left = objects
    .list('/pods', deployment.metadata.namespace)
    .some(
      (pod) =>
        selects(deployment.spec.selector, pod.metadata.labels) &&
        !isFinished(pod) &&
        old.has(controllerOf(pod)?.uid ?? ''),
    );
  if (left) return false;
  if (!fresh) return makeNew(objects, rollout, replicasOf(deployment));
  return scaleSet(objects, deployment, fresh, replicasOf(deployment));
}

/** If the name is taken by another object, increments collisionCount, which changes the hash of the next attempt. */
function makeNew(objects: Objects, rollout: Rollout, replicas: number): boolean {
  try {
    createNew(objects, rollout, replicas);
    return true;
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error;
    const { deployment } = rollout;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    objects.updateStatus('apps/deployments', { ...deployment, status: { ...deployment.status, collisionCount } });
    return false;
  }
}

function writeStatus(objects: Objects, clock: Clock, rollout: Rollout, happened: Happened): number | undefined {
  const { deployment } = rollout;
  const { status, deadline } = statusOf(rollout, happened, clock.now());
  write(objects, deployment, status);
  return deadline;
}

function write(objects: Objects, deployment: Deployment, status: DeploymentStatus): void {
  if (!sameJson(status, deployment.status)) objects.updateStatus('apps/deployments', { ...deployment, status });
}

/** Removes the oldest ReplicaSets without pods beyond the revision history limit. */
function cleanUp(objects: Objects, rollout: Rollout): void {
  const { deployment, olds } = reread(objects, rollout);
  if (!deployment.status || !isComplete(deployment, deployment.status)) return;
  const idle = olds.filter(
    (set) =>
      replicasOfSet(set) === 0 &&
      (set.status?.replicas ?? 0) === 0 &&
      (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0) &&
      set.metadata.deletionTimestamp === undefined,
  );
  const surplus = idle.length - (deployment.spec.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return;
  for (const set of idle.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus)) {
    objects.delete('apps/replicasets', set);
  }
}
