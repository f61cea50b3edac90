/** maxSurge and maxUnavailable. Source: Kubernetes documentation, "Deployments", Rolling Update Deployment. */
import type { Deployment } from '../kinds.ts';

/** Limits of a rollout, in pods. */
export interface Bounds {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

export function isRolling({ spec }: Deployment): boolean {
  return spec.strategy?.type !== 'Recreate';
}

/** A number of pods, or a percentage of the total. */
export function podsOf(value: number | string, replicas: number, round: (pods: number) => number): number {
  if (typeof value === 'number') return value;
  // 100 * 0.07 is 7.000000000000001.
  return round(Number(((Number.parseInt(value, 10) * replicas) / 100).toFixed(6)));
}

export function replicasOf({ spec }: Deployment): number {
  return spec.replicas ?? 1;
}

/** Surge is rounded up, unavailable down. If both are 0, the rollout would never proceed, so one may be unavailable. */
export function boundsOf(deployment: Deployment): Bounds {
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const replicas = replicasOf(deployment);
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const maxSurge = podsOf(rolling?.maxSurge ?? '25%', replicas, Math.ceil);
  const maxUnavailable = podsOf(rolling?.maxUnavailable ?? '25%', replicas, Math.floor);
  const moves = maxSurge > 0 || maxUnavailable > 0;
  return { maxSurge, maxUnavailable: Math.min(moves ? maxUnavailable : 1, replicas) };
}
