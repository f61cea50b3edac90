/**
 * Translates between complete objects in v1beta1, as the rest of the program reads and writes them, and those of a
 * cluster: version, fields that its CRDs lack, and references to owners.
 */
import { isJsonObject, type Json, type JsonObject, metadataOf } from '../../api/json.ts';
import { MCS_API_VERSION, MCS_GROUP } from '../../api/multicluster.ts';
import { RESOURCES, type Resource } from '../../api/resources.ts';
import { annotationsOf, divide, type KeptFields, keptFields, keptKeys, restore } from './kept-fields.ts';
import type { McsApi, ServedKind } from './mcs-api.ts';

/** A merge patch as up to two writes, in this order: of the object, and of the status. */
export interface SplitPatch {
  readonly object?: JsonObject;
  readonly status?: JsonObject;
}

function isImports({ group, plural }: Resource): boolean {
  return group === MCS_GROUP && plural === RESOURCES.serviceImports.plural;
}

function hasContent(value: Json | undefined): boolean {
  return isJsonObject(value) ? Object.values(value).some((each) => each !== undefined) : value !== undefined;
}

function nameOf(object: JsonObject): string {
  const { namespace, name } = metadataOf(object) ?? {};
  return `${namespace}/${name}`;
}

export class McsTranslation {
  readonly #api: McsApi;
  readonly #kept: KeptFields;
  readonly #keptKeys: ReadonlySet<string>;
  /** Version of the references to imports in this cluster. */
  readonly #owners: string;
  /** Annotations of fields that imports had before their CRD had them, by namespace and name. */
  readonly #outdated = new Map<string, readonly string[]>();

  /** `kept`: fields that are in annotations. Default: those that the CRD lacks. */
  constructor(api: McsApi, kept: KeptFields = keptFields(api.serviceImports.lacks)) {
    this.#api = api;
    this.#kept = kept;
    this.#keptKeys = new Set(annotationsOf(kept));
    this.#owners = `${MCS_GROUP}/${api.serviceImports.version}`;
  }

  #served(resource: Resource): ServedKind | undefined {
    if (resource.group !== MCS_GROUP) return undefined;
    return isImports(resource) ? this.#api.serviceImports : this.#api.serviceExports;
  }

  /** The resource in the version that is served. */
  resource(resource: Resource): Resource {
    const version = this.#served(resource)?.version ?? resource.version;
    return version === resource.version ? resource : { ...resource, version };
  }

  /** Whether objects of the resource are the same on both sides. */
  isIdentity({ group }: Resource): boolean {
    return group !== MCS_GROUP && this.#owners === MCS_API_VERSION;
  }

  /** An object that the cluster sent. */
  read(resource: Resource, object: JsonObject): JsonObject {
    const served = this.#served(resource);
    if (!served) return withOwners(object, this.#owners, MCS_API_VERSION);
    const typed = object.apiVersion === undefined ? object : { ...object, apiVersion: MCS_API_VERSION };
    if (isImports(resource)) return this.#readImport(typed, served);
    return served.lacks.includes('status.conditions.observedGeneration') ? withGeneration(typed) : typed;
  }

  #readImport(object: JsonObject, { lacks }: ServedKind): JsonObject {
    const keys = keptKeys(object);
    const outdated = keys.filter((key) => !this.#keptKeys.has(key));
    if (outdated.length > 0) this.#outdated.set(nameOf(object), outdated);
    else if (this.#outdated.size > 0) this.#outdated.delete(nameOf(object));
    const restored = keys.length > 0 ? restore(object, this.#kept) : object;
    const { status } = restored;
    if (!lacks.includes('status.endpointSliceObjects') || !hasContent(status)) return restored;
    // A status that was written has it, always with this value.
    return { ...restored, status: { ...(isJsonObject(status) && status), endpointSliceObjects: 'Present' } };
  }

  /** An object to create. */
  written(resource: Resource, object: JsonObject): JsonObject {
    const served = this.#served(resource);
    if (!served) return withOwners(object, MCS_API_VERSION, this.#owners);
    const typed = { ...object, apiVersion: `${MCS_GROUP}/${served.version}` };
    if (!isImports(resource)) return typed;
    const { body, annotations } = divide(typed, this.#kept);
    return withAnnotations(body, annotations);
  }

  /** A merge patch of an object, or of its status, in the form of this cluster. */
  split(resource: Resource, name: string, patch: JsonObject, isStatus: boolean): SplitPatch {
    const part = (body: JsonObject): SplitPatch => (isStatus ? { status: body } : { object: body });
    if (!this.#served(resource)) return part(withOwners(patch, MCS_API_VERSION, this.#owners));
    if (!isImports(resource)) return part(patch);
    const { body, annotations: kept } = divide(patch, this.#kept);
    const outdated = (this.#outdated.get(name) ?? []).map((key): [string, null] => [key, null]);
    const annotations = { ...Object.fromEntries(outdated), ...kept };
    if (!isStatus) return part(withAnnotations(body, annotations));
    const status = this.#withoutPresence(body);
    return {
      ...(hasContent(annotations) && { object: { metadata: { ...metadataOf(patch), annotations } } }),
      ...(hasContent(status.status) && { status }),
    };
  }

  #withoutPresence(patch: JsonObject): JsonObject {
    if (!isJsonObject(patch.status)) return patch;
    if (!this.#api.serviceImports.lacks.includes('status.endpointSliceObjects')) return patch;
    const { endpointSliceObjects: _, ...status } = patch.status;
    return { ...patch, status };
  }
}

function withAnnotations(object: JsonObject, annotations: JsonObject): JsonObject {
  if (!hasContent(annotations)) return object;
  const metadata = metadataOf(object) ?? {};
  const others = isJsonObject(metadata.annotations) ? metadata.annotations : {};
  return { ...object, metadata: { ...metadata, annotations: { ...others, ...annotations } } };
}

/** References to imports in another version. */
function withOwners(object: JsonObject, from: string, to: string): JsonObject {
  if (from === to) return object;
  const metadata = metadataOf(object);
  if (!Array.isArray(metadata?.ownerReferences)) return object;
  const isFrom = (owner: Json) => isJsonObject(owner) && owner.apiVersion === from;
  if (!metadata.ownerReferences.some(isFrom)) return object;
  const ownerReferences = metadata.ownerReferences.map((owner: Json) =>
    isJsonObject(owner) && isFrom(owner) ? { ...owner, apiVersion: to } : owner,
  );
  return { ...object, metadata: { ...metadata, ownerReferences } };
}

/** Conditions of an object whose generation never changes, since its CRD has no spec. */
function withGeneration(object: JsonObject): JsonObject {
  const { status } = object;
  const generation = metadataOf(object)?.generation;
  if (!isJsonObject(status) || !Array.isArray(status.conditions) || generation === undefined) return object;
  const conditions = status.conditions.map((condition: Json) =>
    isJsonObject(condition) ? { ...condition, observedGeneration: generation } : condition,
  );
  return { ...object, status: { ...status, conditions } };
}
