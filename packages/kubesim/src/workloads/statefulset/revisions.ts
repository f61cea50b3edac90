/** Template history of a StatefulSet, as ControllerRevisions. Source: Kubernetes API reference, ControllerRevision. */
import type { Json } from '../../machinery/json.ts';
import type { ControllerRevision, PodTemplate, StatefulSet } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { controllerOf, controllerReference } from '../owners.ts';
import { canonical, shortHash } from '../template.ts';

const HASH = 'controller.kubernetes.io/hash';

/** The target revision of pods, and the current one. */
export interface Revisions {
  readonly update: ControllerRevision;
  readonly current: ControllerRevision;
  readonly all: readonly ControllerRevision[];
}

/** A patch that restores the template; `kubectl rollout undo` sends it. */
function dataOf({ spec }: StatefulSet): Json {
  return { spec: { template: { ...spec.template, $patch: 'replace' } } };
}

/** The template stored in a revision. */
export function templateOf(revision: ControllerRevision): PodTemplate {
  // Written by dataOf only; `$patch` is ignored in pod templates.
  const data = revision.data as unknown as { readonly spec: { readonly template: PodTemplate } };
  const { metadata, spec } = data.spec.template;
  return { ...(metadata && { metadata }), spec };
}

/** Finds the revisions, and creates the one for the current template if it does not exist. */
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

/** Removes the oldest unused revisions beyond the limit. */
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
