/** Checks every write of a replica and reports violations. */
import { isDeepStrictEqual } from 'node:util';
import type { ClusterApi } from 'kubesim';
import type { Json, JsonObject } from '../../src/api/json.ts';
import { isJsonObject, metadataOf } from '../../src/api/json.ts';
import {
  DERIVED_SERVICE,
  IMPORT_ORIGIN,
  IMPORT_ORIGIN_AUTOMATIC,
  MCS_SERVICE_NAME,
  SOURCE_CLUSTER,
} from '../../src/api/labels.ts';
import { type ServiceKey, serviceKey, splitKey } from '../../src/api/meta.ts';
import { derivedServiceName, derivedSliceName } from '../../src/core/naming.ts';
import { labelOf } from '../../src/kube/watch/object.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { addressesOf, Ledger } from './ledger.ts';
import { clusterOf } from './member-name.ts';
import type { RequestTarget } from './request-path.ts';

const SLICES = 'discovery.k8s.io/endpointslices';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
/** Resources for coordination between replicas; exempt from the invariants below. */
const OWN_AFFAIRS: ReadonlySet<string | undefined> = new Set(['coordination.k8s.io/leases', 'events.k8s.io/events']);
/** Maximum time between planning and sending a write, including preceding stages and retries. */
const PLANNED_MS = 20_000;

/** Limit for retries of a rejected write. */
const MOST_REPEATS = { count: 60, ms: 30_000 } as const;

/** A write, with the object before and after it. */
export interface Write {
  readonly identity: string;
  readonly cluster: string;
  readonly method: string;
  readonly target: RequestTarget;
  readonly sentAt: number;
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

export interface MonitorOptions {
  readonly clock: Clock;
  readonly apis: ReadonlyMap<string, ClusterApi>;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** The names that a cluster has had as a member. */
  readonly membersOf: (cluster: string) => readonly string[];
  /** Names with conflicting exports, for which endpoints can be removed without a change of their source. */
  readonly contested: (key: ServiceKey) => boolean;
}

/**
 * Invariants:
 * - a write is sent only by the holder of the member's Lease, according to the member's API server at that moment;
 * - no successful write is a no-op;
 * - objects not created by a replica are not changed, except for an export's status, and an import's status and
 *   addresses;
 * - a rejected write is not retried indefinitely, unless it is due to conflicts with another client;
 * - an endpoint is removed only by a replica that has read its source completely and has learned, since it last wrote
 *   the endpoint, that the source does not offer it or is not a member; an endpoint that moves to a new slice is added
 *   first.
 */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #ledgers = new Map<string, Ledger>();
  /** UIDs of objects created by replicas. */
  readonly #made = new Set<string>();
  /** When a replica sent the write that added an address. */
  readonly #wroteAt = new Map<string, number>();
  /** Times of recent rejections, by write. */
  readonly #refused = new Map<string, number[]>();
  readonly violations: string[] = [];

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** What a replica knows of a cluster. */
  ledger(identity: string, cluster: string): Ledger {
    const id = `${identity} ${cluster}`;
    const held = this.#ledgers.get(id) ?? new Ledger(this.#options.clock);
    this.#ledgers.set(id, held);
    return held;
  }

  /** Whether a replica created the object. */
  isMade(object: JsonObject): boolean {
    return this.#made.has(uidOf(object));
  }

  /** Called before a replica's write is delivered. */
  sent(identity: string, cluster: string, method: string, target: RequestTarget): void {
    if (OWN_AFFAIRS.has(target.resource)) return;
    const lease = this.#options.apis.get(cluster)?.get('coordination.k8s.io/leases', this.#options.lease);
    const spec = isJsonObject(lease?.spec) ? lease.spec : {};
    if (spec.holderIdentity === identity) return;
    this.#violated(identity, cluster, method, target, `the Lease is ${JSON.stringify(spec.holderIdentity)}'s`);
  }

  /** Called after a successful write. */
  wrote(write: Write): void {
    const { identity, cluster, method, target, before, after } = write;
    if (OWN_AFFAIRS.has(target.resource)) return;
    const violated = (why: string) => this.#violated(identity, cluster, method, target, why);
    if (!before && after) this.#made.add(uidOf(after));
    if (before && after && versionOf(before) === versionOf(after)) violated('nothing changed');
    if (before && !this.isMade(before)) {
      const changed = after ? changesOf(write, before, after) : ['the whole of it'];
      if (changed.length > 0) violated(`a user's object was changed: ${changed.join(', ')}`);
    }
    if (after && target.resource === SLICES) this.#noteAddresses(write, after);
    for (const [key, source, address] of this.#lost(write)) this.#judgeLoss(write, key, source, address);
  }

  /** Called with the response to a write. */
  answered(identity: string, cluster: string, method: string, target: RequestTarget, status: number): void {
    if (status < 400 || status === 409) return;
    const id = [identity, method, cluster, target.path].join(' ');
    const now = this.#options.clock.now();
    const times = [...(this.#refused.get(id) ?? []), now].filter((at) => now - at < MOST_REPEATS.ms);
    this.#refused.set(id, times);
    if (times.length === MOST_REPEATS.count) {
      this.#violated(identity, cluster, method, target, `rejected ${times.length} times in ${MOST_REPEATS.ms} ms`);
    }
  }

  #noteAddresses({ identity, cluster, sentAt }: Write, slice: JsonObject): void {
    for (const address of addressesOf(slice)) {
      this.#wroteAt.set(
        [identity, cluster, keyOf(slice), clusterOf(labelOf(slice, SOURCE_CLUSTER) ?? ''), address].join(' '),
        sentAt,
      );
    }
  }

  /** Addresses that the cluster lost by the write. */
  #lost({ cluster, target, before, after }: Write): [key: ServiceKey, source: string, address: string][] {
    const slices = this.#options.apis.get(cluster)?.list(SLICES, { namespace: target.namespace ?? '' }) ?? [];
    const ofSource = (key: ServiceKey, source: string) =>
      slices.filter((slice) => keyOf(slice) === key && clusterOf(labelOf(slice, SOURCE_CLUSTER) ?? '') === source);
    const lost =
      target.resource === SLICES && before
        ? [before]
        : target.resource === IMPORTS && before && !after
          ? slices.filter((slice) => keyOf(slice) === serviceKey(target.namespace ?? '', target.name ?? ''))
          : [];
    return lost.flatMap((slice) => {
      const member = labelOf(slice, SOURCE_CLUSTER);
      if (member === undefined) return [];
      const source = clusterOf(member);
      const key = keyOf(slice);
      const left = target.resource === IMPORTS ? [] : ofSource(key, source).flatMap(addressesOf);
      return addressesOf(slice)
        .filter((address) => !left.includes(address))
        .map((address): [ServiceKey, string, string] => [key, source, address]);
    });
  }

  #judgeLoss(write: Write, key: ServiceKey, source: string, address: string): void {
    const { identity, cluster, method, target } = write;
    if (!this.#options.apis.has(source)) return;
    const violated = (why: string): void =>
      this.#violated(identity, cluster, method, target, `${address} of ${source} was taken from ${key}: ${why}`);
    const wroteAt = this.#wroteAt.get([identity, cluster, key, source, address].join(' ')) ?? 0;
    const [own, known] = [this.ledger(identity, cluster), this.ledger(identity, source)];
    // Removal of a member from the configuration is known to the replica.
    const planned = Math.max(wroteAt, write.sentAt - PLANNED_MS);
    if (own.lackedMembership(planned) || known.lackedMembership(planned)) return;
    // Without an import, endpoints need not be kept.
    if (own.lackedImport(key, Math.max(own.completeAt ?? 0, wroteAt))) return;
    if (known.completeAt === undefined) violated(`${source} has not been read as a whole`);
    else if (
      !this.#options.contested(key) &&
      !known.lackedOffer(key, address, Math.max(known.completeAt, wroteAt)) &&
      !this.#isOnItsWay(write, key, source, address)
    ) {
      violated('it was offered throughout, as far as the replica knew');
    }
  }

  /** Whether it moves to a slice that already has a copy and is written concurrently. */
  #isOnItsWay({ identity, cluster }: Write, key: ServiceKey, source: string, address: string): boolean {
    const { namespace, name } = splitKey(key);
    return this.ledger(identity, source)
      .slicesWith(key, address)
      .flatMap((slice) =>
        this.#options
          .membersOf(source)
          .map((member) => derivedSliceName(derivedServiceName('amcs-', name), member, namespace, slice, 'IPv4')),
      )
      .some(
        (derived) =>
          this.#options.apis.get(cluster)?.get(SLICES, { namespace, name: derived }) !== undefined ||
          // The garbage collector may have removed it since.
          this.ledger(identity, cluster).holds(SLICES, `${namespace}/${derived}`),
      );
  }

  #violated(identity: string, cluster: string, method: string, { path }: RequestTarget, why: string): void {
    this.violations.push(`${this.#options.clock.now()} ${identity} ${method} ${cluster}${path}: ${why}`);
  }
}

function keyOf(slice: JsonObject): ServiceKey {
  const namespace = metadataOf(slice)?.namespace;
  return serviceKey(String(namespace), labelOf(slice, MCS_SERVICE_NAME) ?? '');
}

function uidOf(object: JsonObject): string {
  return String(metadataOf(object)?.uid);
}

function versionOf(object: JsonObject): Json | undefined {
  return metadataOf(object)?.resourceVersion;
}

/** Fields of a user's object that a write must not change, but did. */
function changesOf({ target }: Write, before: JsonObject, after: JsonObject): string[] {
  const { resource, subresource } = target;
  const status = subresource === 'status' && (resource === IMPORTS || resource === EXPORTS);
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields].filter((field) => {
    if (field === 'status' && status) return false;
    const [old, now] = [before[field], after[field]].map((value) => allowed(field, value, target));
    return !isDeepStrictEqual(old, now);
  });
}

/** A field without the parts that may change. */
function allowed(field: string, value: Json | undefined, { resource }: RequestTarget): Json | undefined {
  if (!isJsonObject(value)) return value;
  if (field === 'metadata') {
    const { resourceVersion: _, managedFields: __, generation: ___, annotations, ...rest } = value;
    if (resource !== IMPORTS || !isJsonObject(annotations)) return { ...rest, ...(annotations && { annotations }) };
    const { [DERIVED_SERVICE]: ____, ...others } = annotations;
    return { ...rest, ...(Object.keys(others).length > 0 && { annotations: others }) };
  }
  if (field !== 'spec' || resource !== IMPORTS) return value;
  const { ips: _, ipFamilies: __, ...rest } = value;
  return rest;
}

/** Whether an import was created by Catamaran. */
export function isAutomaticImport(object: JsonObject): boolean {
  return labelOf(object, IMPORT_ORIGIN) === IMPORT_ORIGIN_AUTOMATIC;
}
