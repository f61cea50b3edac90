/** Looks at every write that a replica sends, and says which of them must never have been. */
import { isDeepStrictEqual } from 'node:util';
import type { ClusterApi } from 'kubesim';
import type { Json, JsonObject } from '../../src/api/json.ts';
import { isJsonObject, metadataOf } from '../../src/api/json.ts';
import { IMPORT_ORIGIN, IMPORT_ORIGIN_AUTOMATIC, MCS_SERVICE_NAME, SOURCE_CLUSTER } from '../../src/api/labels.ts';
import { type ServiceKey, serviceKey, splitKey } from '../../src/api/meta.ts';
import { derivedServiceName, derivedSliceName } from '../../src/core/naming.ts';
import { labelOf } from '../../src/kube/watch/object.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { addressesOf, Ledger } from './ledger.ts';
import type { RequestTarget } from './request-path.ts';

const SLICES = 'discovery.k8s.io/endpointslices';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
/** Resources by which replicas talk about themselves; they are not part of what is promised below. */
const OWN_AFFAIRS: ReadonlySet<string | undefined> = new Set(['coordination.k8s.io/leases', 'events.k8s.io/events']);
/** How long ago a write that is sent may have been planned, the stages before it and their repetitions included. */
const PLANNED_MS = 20_000;

/** A write that is refused may be repeated so often in so many ms. */
const MOST_REPEATS = { count: 60, ms: 30_000 } as const;

/** One write, and the object before and after it. */
export interface Write {
  readonly identity: string;
  readonly cluster: string;
  readonly method: string;
  readonly target: RequestTarget;
  readonly sentAt: number;
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

/** What a monitor is made of. */
export interface MonitorOptions {
  readonly clock: Clock;
  readonly apis: ReadonlyMap<string, ClusterApi>;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Names whose exports may be at odds, so that endpoints go for reasons beside their source. */
  readonly contested: (key: ServiceKey) => boolean;
}

/**
 * The promises:
 * - a write is sent by the holder of the member's Lease only, as the member's API server has it at that moment;
 * - no write succeeds that changes nothing;
 * - an object that no replica made is not changed, but for an export's status, and an import's status and addresses;
 * - a write that is refused is not repeated without end, but for one that somebody else was faster with;
 * - an endpoint is taken away only by a replica that has read its source as a whole and was told, since it last wrote
 *   the endpoint itself, that the source does not offer it, or is no member; one that moves to a new slice is there first.
 */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #ledgers = new Map<string, Ledger>();
  /** UIDs of what replicas made. */
  readonly #made = new Set<string>();
  /** When a replica sent the write that put an address there. */
  readonly #wroteAt = new Map<string, number>();
  /** When each write was refused, not longer ago than matters. */
  readonly #refused = new Map<string, number[]>();
  readonly violations: string[] = [];

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** What a replica was told of a cluster. */
  ledger(identity: string, cluster: string): Ledger {
    const id = `${identity} ${cluster}`;
    const held = this.#ledgers.get(id) ?? new Ledger(this.#options.clock);
    this.#ledgers.set(id, held);
    return held;
  }

  /** Whether a replica made the object. */
  isMade(object: JsonObject): boolean {
    return this.#made.has(uidOf(object));
  }

  /** A write leaves its replica. */
  sent(identity: string, cluster: string, method: string, target: RequestTarget): void {
    if (OWN_AFFAIRS.has(target.resource)) return;
    const lease = this.#options.apis.get(cluster)?.get('coordination.k8s.io/leases', this.#options.lease);
    const spec = isJsonObject(lease?.spec) ? lease.spec : {};
    if (spec.holderIdentity === identity) return;
    this.#violated(identity, cluster, method, target, `the Lease is ${JSON.stringify(spec.holderIdentity)}'s`);
  }

  /** A write succeeded. */
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

  /** The answer to a write arrived. */
  answered(identity: string, cluster: string, method: string, target: RequestTarget, status: number): void {
    if (status < 400 || status === 409) return;
    const id = [identity, method, cluster, target.path].join(' ');
    const now = this.#options.clock.now();
    const times = [...(this.#refused.get(id) ?? []), now].filter((at) => now - at < MOST_REPEATS.ms);
    this.#refused.set(id, times);
    if (times.length === MOST_REPEATS.count) {
      this.#violated(identity, cluster, method, target, `refused ${times.length} times in ${MOST_REPEATS.ms} ms`);
    }
  }

  #noteAddresses({ identity, cluster, sentAt }: Write, slice: JsonObject): void {
    for (const address of addressesOf(slice)) {
      this.#wroteAt.set([identity, cluster, keyOf(slice), labelOf(slice, SOURCE_CLUSTER), address].join(' '), sentAt);
    }
  }

  /** Addresses that the cluster had before the write and has no more. */
  #lost({ cluster, target, before, after }: Write): [key: ServiceKey, source: string, address: string][] {
    const slices = this.#options.apis.get(cluster)?.list(SLICES, { namespace: target.namespace ?? '' }) ?? [];
    const ofSource = (key: ServiceKey, source: string) =>
      slices.filter((slice) => keyOf(slice) === key && labelOf(slice, SOURCE_CLUSTER) === source);
    const gone =
      target.resource === SLICES && before
        ? [before]
        : target.resource === IMPORTS && before && !after
          ? slices.filter((slice) => keyOf(slice) === serviceKey(target.namespace ?? '', target.name ?? ''))
          : [];
    return gone.flatMap((slice) => {
      const source = labelOf(slice, SOURCE_CLUSTER);
      if (source === undefined) return [];
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
    // A member that left by configuration is known to have left.
    const planned = Math.max(wroteAt, write.sentAt - PLANNED_MS);
    if (own.lackedMembership(planned) || known.lackedMembership(planned)) return;
    // Without an import there is nothing to keep endpoints for.
    if (own.lackedImport(key, Math.max(own.completeAt ?? 0, wroteAt))) return;
    if (known.completeAt === undefined) violated(`${source} has not been read as a whole`);
    else if (
      !this.#options.contested(key) &&
      !known.lackedOffer(key, address, Math.max(known.completeAt, wroteAt)) &&
      !this.#isOnItsWay(write, key, source, address)
    ) {
      violated('it was offered all the time, as far as the replica was told');
    }
  }

  /** Whether it moves to a slice whose copy is there already and is written at the same time, in any order. */
  #isOnItsWay({ identity, cluster }: Write, key: ServiceKey, source: string, address: string): boolean {
    const { namespace, name } = splitKey(key);
    return this.ledger(identity, source)
      .slicesWith(key, address)
      .map((slice) => derivedSliceName(derivedServiceName('amcs-', name), source, namespace, slice, 'IPv4'))
      .some(
        (derived) =>
          this.#options.apis.get(cluster)?.get(SLICES, { namespace, name: derived }) !== undefined ||
          // The garbage collector may have taken it since.
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

/** Fields of a user's object that a write changed and may not change. */
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

/** A field without what may change in it. */
function allowed(field: string, value: Json | undefined, { resource }: RequestTarget): Json | undefined {
  if (!isJsonObject(value)) return value;
  if (field === 'metadata') {
    const { resourceVersion: _, managedFields: __, generation: ___, ...rest } = value;
    return rest;
  }
  if (field !== 'spec' || resource !== IMPORTS) return value;
  const { ips: _, ipFamilies: __, ...rest } = value;
  return rest;
}

/** Whether an import is one that we made. */
export function isAutomaticImport(object: JsonObject): boolean {
  return labelOf(object, IMPORT_ORIGIN) === IMPORT_ORIGIN_AUTOMATIC;
}
