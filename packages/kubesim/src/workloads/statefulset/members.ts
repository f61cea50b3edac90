/**
 * The pods of a StatefulSet, with their ordinals, stable names and volumes. Source: Kubernetes documentation,
 * "StatefulSets".
 */
import type { JsonObject } from '../../machinery/json.ts';
import type { ControllerRevision, Pod, StatefulSet, Volume } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { isReady, isTerminating, untilAvailable } from '../pods.ts';
import { podOf } from '../template.ts';
import { templateOf } from './revisions.ts';

/** Label for the revision of a pod. */
export const REVISION_HASH = 'controller-revision-hash';
const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

/** A pod and its ordinal. */
export interface Member {
  readonly ordinal: number;
  readonly pod: Pod;
}

export function replicasOf({ spec }: StatefulSet): number {
  return spec.replicas ?? 1;
}

export function startOf({ spec }: StatefulSet): number {
  return spec.ordinals?.start ?? 0;
}

/** Members sorted by ordinal; pods with other names are ignored. */
export function membersOf(set: StatefulSet, pods: readonly Pod[]): Member[] {
  const prefix = `${set.metadata.name}-`;
  return pods
    .filter(
      ({ metadata }) => metadata.name.startsWith(prefix) && /^(0|[1-9]\d*)$/.test(metadata.name.slice(prefix.length)),
    )
    .map((pod) => ({ pod, ordinal: Number(pod.metadata.name.slice(prefix.length)) }))
    .sort((a, b) => a.ordinal - b.ordinal);
}

export function revisionOf({ metadata }: Pod): string {
  return metadata.labels?.[REVISION_HASH] ?? '';
}

/** Whether processing may continue with the next member. */
export function isSettled(set: StatefulSet, pod: Pod, now: number): boolean {
  if (isTerminating(pod) || !isReady(pod)) return false;
  return (untilAvailable(pod, set.spec.minReadySeconds ?? 0, now) ?? 1) <= 0;
}

/** Creates a member, and its claims if they do not exist. */
export function createMember(objects: Objects, set: StatefulSet, ordinal: number, revision: ControllerRevision): void {
  const template = templateOf(revision);
  const name = `${set.metadata.name}-${ordinal}`;
  const claims = ensureClaims(objects, set, name);
  const replaced = new Set(claims.map((volume) => volume.name));
  const volumes = [...(template.spec.volumes ?? []).filter((volume) => !replaced.has(volume.name)), ...claims];
  const { serviceName } = set.spec;
  const labels = { [POD_NAME]: name, [POD_INDEX]: String(ordinal), [REVISION_HASH]: revision.metadata.name };
  const spec: JsonObject = {
    hostname: name,
    ...(serviceName && { subdomain: serviceName }),
    ...(volumes.length > 0 && { volumes }),
  };
  objects.create('/pods', podOf(set, template, { name, generateName: `${set.metadata.name}-` }, { labels, spec }));
}

function ensureClaims(objects: Objects, set: StatefulSet, pod: string): Volume[] {
  const { namespace } = set.metadata;
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => {
    const name = metadata?.name ?? '';
    const claimName = `${name}-${pod}`;
    if (!objects.get('/persistentvolumeclaims', namespace, claimName)) {
      const { annotations } = metadata ?? {};
      objects.create('/persistentvolumeclaims', {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          name: claimName,
          namespace,
          labels: { ...metadata?.labels, ...set.spec.selector.matchLabels },
          ...(annotations && { annotations }),
        },
        ...(spec && { spec }),
      });
    }
    return { name, persistentVolumeClaim: { claimName } };
  });
}
