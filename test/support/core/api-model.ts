/**
 * A tiny model of API servers: enough of defaults, validation, preconditions and garbage collection for plans to be
 * applied to. What it refuses throws, as a 4xx of the real one would fail the write.
 */

import type { Json, JsonObject } from '../../../src/api/json.ts';
import { DERIVED_SERVICE, FIELD_MANAGER } from '../../../src/api/labels.ts';
import { type Change, STAGES, type WrittenResource } from '../../../src/core/change.ts';
import { isLabelValue, isQualifiedName } from '../../../src/core/merge/exported-keys.ts';

type Mutable = { [key: string]: Json | undefined };

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(value: Json | undefined): Mutable {
  return isObject(value) ? { ...value } : {};
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function insist(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** RFC 7386. */
function mergePatch(target: Json | undefined, patch: Json | undefined): Json | undefined {
  if (!isObject(patch)) return patch;
  const merged = asObject(target);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Resources whose field managers are recorded. */
const RECORDED: ReadonlySet<WrittenResource> = new Set(['serviceImports', 'serviceExports']);

/** Objects of one API server. */
export class ApiModel {
  readonly #objects = new Map<string, JsonObject>();
  /** By resource and name: who set the fields. */
  readonly #managers = new Map<string, ReadonlyMap<string, string>>();
  #version = 0;
  #address = 0;
  writes = 0;

  get(resource: WrittenResource, name: string): JsonObject | undefined {
    return this.#objects.get(`${resource}/${name}`);
  }

  list(resource: WrittenResource): readonly JsonObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => object);
  }

  /** Puts an object there as a user or another controller would, new or changed. A status that is absent stays. */
  put(resource: WrittenResource, object: JsonObject, manager = 'kubectl-edit'): void {
    const metadata = asObject(object.metadata);
    const name = String(metadata.name);
    const before = this.get(resource, name);
    const status = object.status ?? before?.status;
    this.#store(resource, name, { ...object, ...(status !== undefined && { status }) }, before, manager);
  }

  remove(resource: WrittenResource, name: string): void {
    const object = this.get(resource, name);
    this.#objects.delete(`${resource}/${name}`);
    if (object) this.#collect(asObject(object.metadata).uid);
  }

  /** Applies a plan, stage by stage. */
  apply(changes: readonly Change[]): void {
    for (const stage of STAGES) for (const change of changes) if (change.stage === stage) this.#apply(change);
  }

  #apply(change: Change): void {
    this.writes++;
    const { resource, name } = change;
    const before = this.get(resource, name);
    const path = `${change.op} ${resource}/${name}`;
    if (change.op === 'create') {
      insist(!before, `${path}: 409, it exists`);
      insist(asObject(change.object.metadata).name === name, `${path}: it is about another name`);
      this.#store(resource, name, change.object, undefined, FIELD_MANAGER);
      return;
    }
    insist(before !== undefined, `${path}: 404`);
    const { uid, resourceVersion } = asObject(before.metadata);
    const { precondition } = change;
    insist(uid === precondition.uid && resourceVersion === precondition.resourceVersion, `${path}: 409, it changed`);
    if (change.op === 'delete') {
      this.remove(resource, name);
      return;
    }
    const after = asObject(mergePatch(before, change.patch));
    const [kept, written] = change.subresource === 'status' ? ['spec', 'status'] : ['status', 'spec'];
    const object = { ...after, [kept]: before[kept] };
    insist(change.patch[kept] === undefined, `${path}: ${kept} cannot be written here`);
    insist(JSON.stringify(object) !== JSON.stringify(before), `${path}: nothing changes: ${written}`);
    this.#store(resource, name, object, before, FIELD_MANAGER);
  }

  #store(
    resource: WrittenResource,
    name: string,
    object: JsonObject,
    before: JsonObject | undefined,
    manager: string,
  ): void {
    const old = asObject(before?.metadata);
    const uid = before ? old.uid : `${resource}-${name}-${++this.#version}`;
    const changed = JSON.stringify(object.spec) !== JSON.stringify(before?.spec);
    const generation = before ? Number(old.generation) + (changed ? 1 : 0) : 1;
    const metadata = {
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...asObject(object.metadata),
      uid,
      generation,
      resourceVersion: String(++this.#version),
      ...(RECORDED.has(resource) && { managedFields: managedFields(this.#record(resource, object, before, manager)) }),
    };
    validateMetadata(metadata);
    const stored = this.#admit(resource, { ...object, metadata }, before);
    this.#objects.set(`${resource}/${name}`, stored);
  }

  #record(
    resource: WrittenResource,
    object: JsonObject,
    before: JsonObject | undefined,
    manager: string,
  ): ReadonlyMap<string, string> {
    const key = `${resource}/${String(asObject(object.metadata).name)}`;
    const managers = managersOf(object, before, (before && this.#managers.get(key)) ?? new Map(), manager);
    this.#managers.set(key, managers);
    return managers;
  }

  #admit(resource: WrittenResource, object: JsonObject, before: JsonObject | undefined): JsonObject {
    switch (resource) {
      case 'services':
        return { ...object, spec: this.#service(asObject(object.spec), before && asObject(before.spec)) };
      case 'endpointSlices':
        insist(!before || before.addressType === object.addressType, 'addressType: 422, immutable');
        return slice(object);
      default:
        validateStatus(asObject(object.status));
        return object;
    }
  }

  #service(spec: Mutable, before: Mutable | undefined): JsonObject {
    const ports = asList(spec.ports).map(asObject);
    const headless = spec.clusterIP === 'None';
    const families = asList(spec.ipFamilies ?? ['IPv4']);
    insist(headless || ports.length > 0 || spec.type === 'ExternalName', 'ports: 422, required');
    insist(ports.length < 2 || ports.every(({ name }) => Boolean(name)), 'ports[].name: 422, required');
    insist(new Set(ports.map(({ name }) => name)).size === ports.length, 'ports[].name: 422, duplicate');
    insist(
      new Set(ports.map(({ port, protocol }) => `${port}/${protocol}`)).size === ports.length,
      'ports: 422, duplicate',
    );
    insist(spec.sessionAffinity === 'ClientIP' || !spec.sessionAffinityConfig, 'sessionAffinityConfig: 422, forbidden');
    insist(
      families.length === (spec.ipFamilyPolicy === 'RequireDualStack' ? 2 : 1) || !spec.ipFamilyPolicy,
      'ipFamilyPolicy: 422',
    );
    const old = asList(before?.clusterIPs);
    if (before) {
      insist((old[0] === 'None') === headless, 'clusterIP: 422, immutable');
      insist(asList(before.ipFamilies)[0] === families[0], 'ipFamilies[0]: 422, immutable');
    }
    const clusterIPs = headless ? ['None'] : families.map((family, index) => old[index] ?? this.#allocate(family));
    return {
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      ...spec,
      ...(spec.sessionAffinity === 'ClientIP' && {
        sessionAffinityConfig: spec.sessionAffinityConfig ?? { clientIP: { timeoutSeconds: 10_800 } },
      }),
      ports: ports.map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port })),
      ipFamilies: families,
      ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
      clusterIP: clusterIPs[0],
      clusterIPs,
    };
  }

  #allocate(family: Json): string {
    const host = ++this.#address;
    return family === 'IPv6' ? `fd00::${host.toString(16)}` : `10.96.${host >> 8}.${host & 255}`;
  }

  /** Deletes what the object with this UID alone owned. */
  #collect(uid: Json | undefined): void {
    for (const [key, object] of [...this.#objects]) {
      const owners = asList(asObject(object.metadata).ownerReferences).map(asObject);
      if (owners.length > 0 && owners.every((owner) => owner.uid === uid)) this.#objects.delete(key);
    }
  }
}

/** Fields of an import whose managers are recorded: their value, and their path in `fieldsV1`. */
function managedValues(object: JsonObject | undefined): ReadonlyMap<string, Json> {
  const status = asObject(object?.status);
  const ready = asList(status.conditions).find((condition) => asObject(condition).type === 'Ready');
  const named = asObject(asObject(object?.metadata).annotations)[DERIVED_SERVICE];
  const fields = Object.entries({
    ...asObject(object?.spec),
    clusters: status.clusters,
    ready,
    [DERIVED_SERVICE]: named,
  });
  return new Map(fields.flatMap(([field, value]) => (value === undefined || value === null ? [] : [[field, value]])));
}

const NOT_OF_SPEC: ReadonlySet<string> = new Set(['clusters', 'ready', DERIVED_SERVICE]);

function fieldsV1(fields: readonly string[]): JsonObject {
  const spec = fields.filter((field) => !NOT_OF_SPEC.has(field)).map((field) => [`f:${field}`, {}]);
  const status = {
    ...(fields.includes('clusters') && { 'f:clusters': {} }),
    ...(fields.includes('ready') && { 'f:conditions': { 'k:{"type":"Ready"}': { 'f:status': {} } } }),
  };
  return {
    ...(fields.includes(DERIVED_SERVICE) && { 'f:metadata': { 'f:annotations': { [`f:${DERIVED_SERVICE}`]: {} } } }),
    ...(spec.length > 0 && { 'f:spec': Object.fromEntries(spec) }),
    ...(Object.keys(status).length > 0 && { 'f:status': status }),
  };
}

/** Who set each field of an import last; whoever writes the value that is there already does not. */
function managersOf(
  object: JsonObject,
  before: JsonObject | undefined,
  held: ReadonlyMap<string, string>,
  manager: string,
): ReadonlyMap<string, string> {
  const old = managedValues(before);
  return new Map(
    [...managedValues(object)].map(([field, value]) => {
      const stays = JSON.stringify(value) === JSON.stringify(old.get(field));
      return [field, (stays && held.get(field)) || manager];
    }),
  );
}

function managedFields(managers: ReadonlyMap<string, string>): Json {
  const byManager = Map.groupBy(managers, ([, manager]) => manager);
  return [...byManager].map(([manager, fields]) => ({
    manager,
    operation: 'Update',
    fieldsV1: fieldsV1(fields.map(([field]) => field)),
  }));
}

function slice(object: JsonObject): JsonObject {
  const endpoints = asList(object.endpoints).map((endpoint) => ({ conditions: {}, ...asObject(endpoint) }));
  const ports = asList(object.ports).map((port) => ({ name: '', protocol: 'TCP', ...asObject(port) }));
  insist(new Set(ports.map(({ name }) => name)).size === ports.length, 'ports[].name: 422, duplicate');
  insist(endpoints.length <= 1000, 'endpoints: 422, too many');
  return { ...object, endpoints, ports };
}

function validateMetadata(metadata: JsonObject): void {
  insist(String(metadata.name).length <= 253, 'metadata.name: 422, too long');
  for (const [key, value] of Object.entries(asObject(metadata.labels))) {
    insist(isQualifiedName(key) && isLabelValue(String(value)), `metadata.labels: 422, ${key}=${value}`);
  }
  const annotations = Object.entries(asObject(metadata.annotations));
  insist(
    annotations.every(([key]) => isQualifiedName(key)),
    'metadata.annotations: 422',
  );
  const size = annotations.reduce((sum, [key, value]) => sum + key.length + String(value).length, 0);
  insist(size <= 256 * 1024, 'metadata.annotations: 422, too long');
}

function validateStatus(status: JsonObject): void {
  const conditions = asList(status.conditions).map(asObject);
  insist(new Set(conditions.map(({ type }) => type)).size === conditions.length, 'status.conditions: 422, duplicate');
  for (const { reason, message } of conditions) {
    insist(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(String(reason)), `reason: 422, ${reason}`);
    insist(String(reason).length <= 1024 && String(message).length <= 32_768, 'condition: 422, too long');
  }
}
