/** Deletion of objects: immediate, after a grace period, or after removal of the finalizers. */
import type { JsonObject } from '../machinery/json.ts';
import { equalJson } from '../machinery/json.ts';
import type { StoredMetadata, StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { forbidden, notFound, StatusError } from '../machinery/status.ts';
import { type ClusterState, storedName, timeText } from './state.ts';
import type { Target } from './target.ts';

/** Effect on dependents of the deleted object. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** Finalizer of an object whose dependents are to be orphaned. */
export const ORPHAN_FINALIZER = 'orphan';
/** Finalizer of an object that waits for deletion of its dependents. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
/** Finalizer of a CRD that waits for deletion of its objects. */
export const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: Propagation;
  readonly graceSeconds?: number;
  readonly dryRun?: boolean;
}

/** Result of a delete: the last state, and whether the object was removed. */
export interface Deleted {
  readonly object: StoredObject;
  readonly removed: boolean;
}

/** Namespaces that must not be deleted. */
const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** Adds the finalizer of the policy, and removes those of other policies. */
function finalizersFor(policy: Propagation | undefined, finalizers: readonly string[]): readonly string[] {
  if (policy === undefined) return finalizers;
  const others = finalizers.filter((one) => one !== ORPHAN_FINALIZER && one !== FOREGROUND_FINALIZER);
  if (policy === 'Background') return others;
  const wanted = policy === 'Orphan' ? ORPHAN_FINALIZER : FOREGROUND_FINALIZER;
  return finalizers.includes(wanted) ? others.toSpliced(finalizers.indexOf(wanted), 0, wanted) : [...others, wanted];
}

function isNamespace({ group, plural }: ResourceDefinition): boolean {
  return group === '' && plural === 'namespaces';
}

function isCrd({ group, plural }: ResourceDefinition): boolean {
  return group === 'apiextensions.k8s.io' && plural === 'customresourcedefinitions';
}

/** Finalizers in the spec of a namespace, which only the namespace controller removes. */
export function specFinalizers(object: StoredObject): readonly string[] {
  const spec: JsonObject = Object(object.spec);
  const list = Array.isArray(spec.finalizers) ? spec.finalizers : [];
  return list.filter((one) => typeof one === 'string');
}

export class Deleter {
  readonly #state: ClusterState;

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** @throws StatusError 404, 409 if a precondition fails, 403 for a namespace that must not be deleted. */
  delete({ definition, namespace, name = '' }: Target, options: DeleteOptions): Deleted {
    const resource = storedName(definition);
    const key = { name, ...(namespace !== undefined && { namespace }) };
    const old = this.#state.store.collection(resource).get(key);
    if (isNamespace(definition) && IMMORTAL.has(name))
      throw forbidden(definition, name, 'this namespace may not be deleted');
    if (!old) throw notFound(definition, name);
    checkPreconditions(definition, old, options);
    const next = this.#marked(definition, old, options);
    if (next === undefined) return { object: this.#remove(definition, old, options), removed: true };
    if (next === old || options.dryRun) return { object: next, removed: false };
    const stored = this.#state.store.put(resource, next);
    definition.strategy.committed?.(stored, old);
    return { object: stored, removed: false };
  }

  /** The object marked for deletion; undefined if it can be removed immediately. */
  #marked(definition: ResourceDefinition, old: StoredObject, options: DeleteOptions): StoredObject | undefined {
    const { metadata } = old;
    const held = metadata.finalizers ?? [];
    const deleting = metadata.deletionTimestamp !== undefined;
    const wanted = finalizersFor(options.propagationPolicy, held);
    const finalizers = isCrd(definition) && !deleting ? [...wanted, CRD_FINALIZER] : wanted;
    const asked = definition.strategy.graceSeconds?.(old, options.graceSeconds) ?? 0;
    const current = metadata.deletionGracePeriodSeconds ?? 0;
    const grace = deleting ? Math.min(asked, current) : asked;
    const waits = finalizers.length > 0 || (isNamespace(definition) && specFinalizers(old).length > 0);
    if (grace === 0 && !waits) return undefined;
    if (deleting && grace === current && equalJson(finalizers, held)) return old;
    const { finalizers: _, ...rest } = metadata;
    const marked: StoredMetadata = {
      ...rest,
      ...(!deleting && metadata.generation !== undefined && { generation: metadata.generation + 1 }),
      deletionTimestamp: this.#deletionTime(metadata, grace),
      deletionGracePeriodSeconds: grace,
      ...(finalizers.length > 0 && { finalizers }),
    };
    if (!isNamespace(definition)) return { ...old, metadata: marked };
    const { deletionGracePeriodSeconds: __, ...namespaced } = marked;
    return { ...old, metadata: namespaced, status: { ...Object(old.status), phase: 'Terminating' } };
  }

  /** The time of removal: unchanged unless the grace period becomes shorter. */
  #deletionTime({ deletionTimestamp, deletionGracePeriodSeconds = 0 }: StoredMetadata, grace: number): string {
    if (deletionTimestamp !== undefined && grace === deletionGracePeriodSeconds) return deletionTimestamp;
    return timeText(this.#state.clock.now() + grace * 1_000);
  }

  #remove(definition: ResourceDefinition, old: StoredObject, options: DeleteOptions): StoredObject {
    if (options.dryRun) return old;
    const removed = this.#state.store.remove(storedName(definition), old.metadata) ?? old;
    definition.strategy.committed?.(undefined, old);
    return removed;
  }
}

function checkPreconditions(
  { group, kind }: ResourceDefinition,
  { metadata }: StoredObject,
  { uid, resourceVersion }: DeleteOptions,
): void {
  const refuse = (why: string): StatusError => {
    const words = `Operation cannot be fulfilled on ${group === '' ? kind : `${kind}.${group}`} "${metadata.name}": ${why}`;
    return new StatusError(409, 'Conflict', words, { name: metadata.name, group, kind });
  };
  if (uid !== undefined && uid !== metadata.uid) {
    const words = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid})`;
    throw refuse(`${words}. The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const words = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion})`;
    throw refuse(`${words}. The object might have been modified`);
  }
}
