/** Which versions of ServiceExport and ServiceImport a cluster serves, and which fields they lack there. */
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts';
import { MCS_GROUP, MCS_VERSION } from '../../api/multicluster.ts';
import { RESOURCES } from '../../api/resources.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { ApiError, isForbidden, isNotFound } from '../client/api-errors.ts';
import type { KubeClient } from '../client/client.ts';
import { EXPORT_FIELDS, IMPORT_FIELDS, lackingIn, type McsField } from './mcs-fields.ts';

/** The versions that can be used, the best one first. Both have the same fields in one release of mcs-api. */
export const MCS_VERSIONS = [MCS_VERSION, 'v1alpha1'] as const;
export type McsVersion = (typeof MCS_VERSIONS)[number];

/** One of the two kinds, as a cluster serves it. */
export interface ServedKind {
  /** The version to use. */
  readonly version: McsVersion;
  /** Fields that the API server would drop. */
  readonly lacks: readonly McsField[];
}

export interface McsApi {
  readonly serviceExports: ServedKind;
  readonly serviceImports: ServedKind;
}

type McsResource = keyof McsApi;

const KINDS = { serviceExports: EXPORT_FIELDS, serviceImports: IMPORT_FIELDS } as const;
const NAMES: readonly McsResource[] = ['serviceExports', 'serviceImports'];

/** The CRDs of Catamaran. */
export const FULL_MCS_API: McsApi = {
  serviceExports: { version: MCS_VERSION, lacks: [] },
  serviceImports: { version: MCS_VERSION, lacks: [] },
};

/** Fields whose absence no user notices. */
const UNNOTICED: ReadonlySet<McsField> = new Set([
  'status.endpointSliceObjects',
  'status.conditions.observedGeneration',
]);

const REMEDY = 'install them with `catamaran crds | kubectl apply -f -`';

/**
 * Reads what a cluster serves. An answer that is not clear is not an error: the LISTs show it. `known` is what is assumed
 * then. Without it, v1beta1 is served; if no schema may be read, v1beta1 counts as complete, and v1alpha1 as that of the
 * oldest release.
 * @throws CTM_CRDS_MISSING if a kind is not served in a known version, or ApiError if the API server does not respond.
 */
export async function readMcsApi(client: KubeClient, signal?: AbortSignal, known?: McsApi): Promise<McsApi> {
  const versions = await servedVersions(client, signal);
  if (!versions) return known ?? FULL_MCS_API;
  const { serviceExports, serviceImports } = versions;
  if (!serviceExports || !serviceImports) throw await crdsMissing(client, versions, signal);
  const read = async (resource: McsResource, version: McsVersion): Promise<ServedKind> => {
    const schema = await schemaOf(client, resource, version, signal);
    const fields = KINDS[resource];
    if (schema) return { version, lacks: lackingIn(schema, fields) };
    if (known?.[resource].version === version) return known[resource];
    return { version, lacks: version === MCS_VERSION ? [] : fields };
  };
  const [exports, imports] = await Promise.all([
    read('serviceExports', serviceExports),
    read('serviceImports', serviceImports),
  ]);
  return { serviceExports: exports, serviceImports: imports };
}

export function isCrdsMissing(error: unknown): error is CatamaranError {
  return error instanceof CatamaranError && error.code === 'CTM_CRDS_MISSING';
}

type Versions = Readonly<Record<McsResource, McsVersion | undefined>>;

/** The best version of each kind; undefined if discovery has no clear answer. */
async function servedVersions(client: KubeClient, signal?: AbortSignal): Promise<Versions | undefined> {
  let found: Versions = { serviceExports: undefined, serviceImports: undefined };
  for (const version of MCS_VERSIONS) {
    const resources = fieldOf(await document(client, `/apis/${MCS_GROUP}/${version}`, signal), 'resources');
    if (!Array.isArray(resources)) return undefined;
    const served = textsIn(resources, 'name');
    const best = (resource: McsResource) =>
      found[resource] ?? (served.includes(RESOURCES[resource].plural) ? version : undefined);
    found = { serviceExports: best('serviceExports'), serviceImports: best('serviceImports') };
    if (found.serviceExports && found.serviceImports) break;
  }
  return found;
}

async function crdsMissing(client: KubeClient, found: Versions, signal?: AbortSignal): Promise<CatamaranError> {
  const versions = fieldOf(await document(client, `/apis/${MCS_GROUP}`, signal), 'versions');
  const known: readonly string[] = MCS_VERSIONS;
  const others = Array.isArray(versions) ? textsIn(versions, 'version').filter((name) => !known.includes(name)) : [];
  const kinds = NAMES.filter((name) => found[name] === undefined).map((name) => RESOURCES[name].kind);
  const only = others.length > 0 ? `, only ${others.join(', ')}` : '';
  return new CatamaranError(
    'CTM_CRDS_MISSING',
    `cluster ${client.cluster} does not serve ${kinds.join(' and ')} of ${MCS_GROUP} in ${MCS_VERSIONS.join(' or ')}${only}: the CRDs are missing; ${REMEDY}`,
  );
}

/** The OpenAPI document is readable for everyone, from Kubernetes 1.24 on; the CRD for few. */
async function schemaOf(
  client: KubeClient,
  resource: McsResource,
  version: McsVersion,
  signal?: AbortSignal,
): Promise<JsonObject | undefined> {
  const { kind, plural } = RESOURCES[resource];
  const path = `/openapi/v3/apis/${MCS_GROUP}/${version}`;
  const published = await document(client, path, signal).catch((error: unknown) => {
    // Older API servers do not know the path, and their 404 is not a Status.
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  });
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  return (
    publishedSchema(published, kind) ??
    definedSchema(await document(client, `${crds}/${plural}.${MCS_GROUP}`, signal), version)
  );
}

function publishedSchema(openApi: Json | undefined, kind: string): JsonObject | undefined {
  const schemas = fieldOf(fieldOf(openApi, 'components'), 'schemas');
  if (!isJsonObject(schemas)) return undefined;
  return Object.values(schemas).find((schema): schema is JsonObject => {
    const kinds = fieldOf(schema, 'x-kubernetes-group-version-kind');
    return Array.isArray(kinds) && kinds.some((each) => fieldOf(each, 'kind') === kind);
  });
}

function definedSchema(crd: Json | undefined, version: string): JsonObject | undefined {
  const versions = fieldOf(fieldOf(crd, 'spec'), 'versions');
  const found = Array.isArray(versions) ? versions.find((each) => fieldOf(each, 'name') === version) : undefined;
  const schema = fieldOf(fieldOf(found, 'schema'), 'openAPIV3Schema');
  return isJsonObject(schema) ? schema : undefined;
}

/** A document; one without resources if the path is not served, undefined if it may not be read. */
async function document(client: KubeClient, path: string, signal?: AbortSignal): Promise<Json | undefined> {
  try {
    // Whatever was sent is JSON.
    return (await client.raw(path, { ...(signal && { signal }) })) as Json;
  } catch (error) {
    if (isNotFound(error)) return { resources: [] };
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

function fieldOf(document: Json | undefined, name: string): Json | undefined {
  return isJsonObject(document) && Object.hasOwn(document, name) ? document[name] : undefined;
}

function textsIn(list: readonly Json[], field: string): string[] {
  return list.flatMap((item) => {
    const text = fieldOf(item, field);
    return typeof text === 'string' && /^[\w.-]{1,63}$/.test(text) ? [text] : [];
  });
}

/** What an operator should know about the CRDs of a cluster; undefined if there is nothing to say. */
export function degradation({ serviceExports, serviceImports }: McsApi): string | undefined {
  const parts = [
    ['ServiceExport', serviceExports],
    ['ServiceImport', serviceImports],
  ] as const;
  const lacking = parts
    .filter(([, { lacks }]) => lacks.some((field) => !UNNOTICED.has(field)))
    .map(([kind, { version, lacks }]) => `${kind} ${version} lacks ${lacks.join(', ')}`);
  if (lacking.length === 0) return undefined;
  return `${lacking.join('; ')}. Missing fields of imports are kept in annotations; labels and annotations cannot be exported without theirs. To have them, update the CRDs`;
}
