/** The ReplicaSets of a Deployment: the current one, and the revisions of the others. */
import type { StringMap } from '../../machinery/json.ts';
import type { Deployment, ReplicaSet } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { controllerReference } from '../owners.ts';
import { sameJson, sameTemplate, shortHash, TEMPLATE_HASH } from '../template.ts';
import { timeOf } from '../time.ts';
import { boundsOf, replicasOf } from './surge.ts';

/** Revision of a Deployment's template; set on the Deployment and its ReplicaSets. */
export const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
/** On ReplicaSets: replicas of the Deployment when the ReplicaSet was last scaled. */
export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
export const MAXIMUM = 'deployment.kubernetes.io/max-replicas';

/** Annotations of a Deployment that are not copied to its ReplicaSets. */
const OWN = new Set(['kubectl.kubernetes.io/last-applied-configuration', REVISION, HISTORY, DESIRED, MAXIMUM]);

export interface Rollout {
  readonly deployment: Deployment;
  /** The ReplicaSet of the current template. */
  readonly fresh: ReplicaSet | undefined;
  /** All others, oldest first. */
  readonly olds: readonly ReplicaSet[];
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const ages = timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp);
  return ages !== 0 ? ages : a.metadata.name < b.metadata.name ? -1 : 1;
}

export function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

export function rolloutOf(deployment: Deployment, sets: readonly ReplicaSet[]): Rollout {
  const sorted = sets.toSorted(byAge);
  const fresh = sorted.find(({ spec }) => sameTemplate(spec.template, deployment.spec.template));
  return { deployment, fresh, olds: sorted.filter((set) => set !== fresh) };
}

/** Annotations that record the Deployment's replica counts on a ReplicaSet. */
export function scaleAnnotations(deployment: Deployment): StringMap {
  const replicas = replicasOf(deployment);
  return { [DESIRED]: String(replicas), [MAXIMUM]: String(replicas + boundsOf(deployment).maxSurge) };
}

function ownAnnotations({ metadata }: Deployment): StringMap {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !OWN.has(key)));
}

/** Assigns the highest revision to the new ReplicaSet, if there is one, and to the Deployment. */
export function numberRevisions(objects: Objects, rollout: Rollout): Rollout {
  if (!rollout.fresh) return rollout;
  const fresh = numbered(objects, rollout, rollout.fresh);
  return { ...rollout, fresh, deployment: withRevision(objects, rollout.deployment, revisionOf(fresh)) };
}

function numbered(objects: Objects, { deployment, olds }: Rollout, fresh: ReplicaSet): ReplicaSet {
  const revision = Math.max(0, ...olds.map(revisionOf)) + 1;
  const own = revisionOf(fresh);
  const { annotations } = fresh.metadata;
  const changed: Record<string, string> = { ...annotations, ...ownAnnotations(deployment) };
  if (own < revision) {
    changed[REVISION] = String(revision);
    if (own > 0) changed[HISTORY] = [annotations?.[HISTORY], String(own)].filter(Boolean).join();
  }
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  if (sameJson(changed, annotations) && (fresh.spec.minReadySeconds ?? 0) === minReadySeconds) return fresh;
  return objects.update('apps/replicasets', {
    ...fresh,
    metadata: { ...fresh.metadata, annotations: changed },
    spec: { ...fresh.spec, minReadySeconds },
  });
}

function withRevision(objects: Objects, deployment: Deployment, revision: number): Deployment {
  const { annotations } = deployment.metadata;
  if (annotations?.[REVISION] === String(revision)) return deployment;
  // In a status update, it does not increment the generation.
  return objects.updateStatus('apps/deployments', {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: { ...annotations, [REVISION]: String(revision) } },
  });
}

/**
 * Creates the ReplicaSet of the current template.
 *
 * @throws StatusError AlreadyExists if another object has its name.
 */
export function createNew(objects: Objects, { deployment, olds }: Rollout, replicas: number): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = shortHash(template, deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH]: hash };
  const revision = Math.max(0, ...olds.map(revisionOf)) + 1;
  return objects.create('apps/replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: {
        ...ownAnnotations(deployment),
        ...scaleAnnotations(deployment),
        [REVISION]: String(revision),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
}
