/** The templates that a StatefulSet had, as ControllerRevisions. Source: Kubernetes API reference, ControllerRevision. */
import type { Json } from '../../machinery/json.ts';
import type { ControllerRevision, PodTemplate, StatefulSet } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { controllerOf, controllerReference } from '../owners.ts';
import { canonical, shortHash } from '../template.ts';

const HASH = 'controller.kubernetes.io/hash';

/** The revision that pods are to be of, and the one that they come from. */
export interface Revisions {
  readonly update: ControllerRevision;
  readonly current: ControllerRevision;
  readonly all: readonly ControllerRevision[];
}

/** A patch that brings the template back: `kubectl rollout undo` sends it. */
function dataOf({ spec }: StatefulSet): Json {
  return { spec: { template: { ...spec.template, $patch: 'replace' } } };
}

/** The template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplate {
  // Only dataOf writes it, and `$patch` means nothing to a pod.
  const data = revision.data as unknown as { readonly spec: { readonly template: PodTemplate } };
  const { metadata, spec } = data.spec.template;
  return { ...(metadata && { metadata }), spec };
}

/** Finds the revisions, and makes the one of the template as it is now where there is none. */
export function revisionsOf(objects: Objects, set: StatefulSet): Revisions {
  const { namespace, uid } = set.metadata;
  const all = objects
    .list('apps/controllerrevisions', namespace)
    .filter((revision) => controllerOf(revision)?.uid === uid)
    .toSorted((a, b) => a.revision - b.revision);
  const update = updateRevision(objects, set, all);
  const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  return { update, current, all };
}

function updateRevision(objects: Objects, set: StatefulSet, all: readonly ControllerRevision[]): ControllerRevision {
  const data = dataOf(set);
  const text = canonical(data);
  const next = (all.at(-1)?.revision ?? 0) + 1;
  const equal = all.findLast((revision) => canonical(revision.data) === text);
  if (equal) {
    if (equal.revision === next - 1) return equal;
    return objects.update('apps/controllerrevisions', { ...equal, revision: next });
  }
  const hash = shortHash(data, set.status?.collisionCount ?? 0);
  const { annotations } = set.metadata;
  return objects.create('apps/controllerrevisions', {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...set.spec.template.metadata?.labels, [HASH]: hash },
      ...(annotations && { annotations }),
      ownerReferences: [controllerReference(set)],
    },
    data,
    revision: next,
  });
}

/** Removes the oldest revisions that no pod is of, down to the limit. */
export function forgetRevisions(
  objects: Objects,
  set: StatefulSet,
  { all, update, current }: Revisions,
  inUse: ReadonlySet<string>,
): void {
  const idle = all.filter(
    ({ metadata }) =>
      metadata.name !== update.metadata.name && metadata.name !== current.metadata.name && !inUse.has(metadata.name),
  );
  const surplus = idle.length - (set.spec.revisionHistoryLimit ?? 10);
  for (const revision of idle.slice(0, Math.max(0, surplus))) objects.delete('apps/controllerrevisions', revision);
}
