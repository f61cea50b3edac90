/** Writes of derived EndpointSlices: one per source slice that changed. */
import type { Endpoint } from '../../api/endpoint-slice.ts';
import type { JsonObject } from '../../api/json.ts';
import { LAST_CHANGE_TRIGGER_TIME } from '../../api/labels.ts';
import type { OwnerReference } from '../../api/meta.ts';
import type { Change, Target } from '../change.ts';
import { labelsPatch, sliceMeta } from '../derived-slice.ts';
import type { DesiredSlice } from '../desired/derivations.ts';
import type { Desired } from '../desired/desired.ts';
import { quoted } from '../message.ts';
import type { ConsumerView, DerivedSlice } from '../view.ts';

function endpointJson({ conditions, hints, ...endpoint }: Endpoint): JsonObject {
  return {
    ...endpoint,
    ...(conditions && { conditions: { ...conditions } }),
    ...(hints && { hints: { forZones: hints.forZones?.map((zone) => ({ ...zone })) } }),
  };
}

/** The part of a slice that {@link DerivedContent.body} identifies. Endpoints and ports are replaced as whole lists. */
function bodyJson({ content: { endpoints, ports } }: DesiredSlice): JsonObject {
  return { endpoints: endpoints.map(endpointJson), ports: ports.map((port) => ({ ...port })) };
}

function created(target: Target, slice: DesiredSlice, owner: OwnerReference): Change {
  const { labels, content } = slice;
  const { name, addressType, triggerTime } = content;
  const annotations = triggerTime === undefined ? undefined : { [LAST_CHANGE_TRIGGER_TIME]: triggerTime };
  return {
    ...target,
    stage: 'slice',
    op: 'create',
    source: slice.source,
    why: `${quoted(slice.source)} has a new slice of endpoints`,
    object: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace: target.namespace, labels, annotations, ownerReferences: [{ ...owner }] },
      addressType,
      ...bodyJson(slice),
    },
  };
}

function patched(
  target: Target,
  slice: DesiredSlice,
  observed: DerivedSlice,
  owner: OwnerReference,
  meta: string,
): Change | undefined {
  const { labels, content } = slice;
  const sameBody = observed.body === content.body;
  const sameMeta = observed.meta === meta;
  if (sameBody && sameMeta) return undefined;
  const isNewer = content.triggerTime !== undefined && content.triggerTime !== observed.triggerTime;
  const metadata = {
    ...(!sameMeta && { labels: labelsPatch(labels), ownerReferences: [{ ...owner }] }),
    // The trigger time is written together with the body; it does not cause a write by itself.
    ...(!sameBody && { annotations: { [LAST_CHANGE_TRIGGER_TIME]: content.triggerTime ?? null } }),
  };
  return {
    ...target,
    stage: content.ready > observed.ready ? 'grow' : content.ready < observed.ready ? 'shrink' : 'change',
    op: 'patch',
    source: slice.source,
    why: sameBody ? 'its labels or its owner changed' : `endpoints of ${quoted(slice.source)} changed`,
    precondition: { uid: observed.uid, resourceVersion: observed.resourceVersion },
    ...(!sameBody && isNewer && { changedAt: content.triggerTime }),
    patch: { metadata, ...(!sameBody && bodyJson(slice)) },
  };
}

export function prunedSlice(target: Target, { source, uid, resourceVersion }: DerivedSlice, why: string): Change {
  return { ...target, stage: 'prune', op: 'delete', source, why, precondition: { uid, resourceVersion } };
}

/** Plans the slices of an existing import. */
export function planSlices(consumer: ConsumerView, wanted: Desired, owner: OwnerReference): Change[] {
  const { member, namespace } = consumer;
  const target = (name: string): Target => ({ member, resource: 'endpointSlices', namespace, name });
  const foreign = new Set(consumer.foreignSlices);
  const observed = new Map(consumer.derivedSlices.map((slice) => [slice.name, slice]));
  const names = new Set(wanted.slices.map(({ content }) => content.name));
  // The slices of one source share their labels.
  const metas = new Map(wanted.slices.map(({ labels }) => [labels, '']));
  for (const labels of metas.keys()) metas.set(labels, sliceMeta(labels, [owner.uid]));
  const written = wanted.slices.flatMap((slice) => {
    const { name } = slice.content;
    const there = observed.get(name);
    // A slice of another client may have the name; it is reported and not changed.
    if (!there) return foreign.has(name) ? [] : [created(target(name), slice, owner)];
    return patched(target(name), slice, there, owner, metas.get(slice.labels) ?? '') ?? [];
  });
  const pruned = consumer.derivedSlices
    .filter(({ name }) => !names.has(name) && !wanted.kept.has(name))
    .map((slice) => prunedSlice(target(slice.name), slice, `${quoted(slice.source)} no longer has these endpoints`));
  return [...written, ...pruned];
}
