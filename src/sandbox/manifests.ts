/** `catamaran sandbox apply`: server-side apply of YAML files, for users without kubectl. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Document, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { isJsonObject, type JsonObject, metadataOf } from '../api/json.ts';
import type { Resource } from '../api/resources.ts';
import { isNotFound } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { messageOf } from '../runtime/thrown.ts';
import { problemsOf } from './control-protocol.ts';

/** An object read from a file, not yet known to match a resource of the cluster. */
export interface Manifest {
  /** File and position, for messages. */
  readonly source: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly object: JsonObject;
}

const objectSchema = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
});
const listSchema = z.looseObject({ kind: z.literal('List'), items: z.array(z.unknown()) });
const discoverySchema = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

/**
 * Reads files, or stdin for `-`; each item of a List becomes an object.
 *
 * @throws CTM_SANDBOX_MANIFEST
 */
export async function readManifests(files: readonly string[]): Promise<readonly Manifest[]> {
  const read = await Promise.all(
    files.map(async (file) => parseManifests(file === '-' ? 'stdin' : file, await textOf(file))),
  );
  return read.flat();
}

async function textOf(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (cause) {
    throw wrong(file, `cannot be read: ${readProblem(cause)}`);
  }
}

/** The reason without the code and the path that Node adds. */
function readProblem(cause: unknown): string {
  const [, reason] = /^\w+: (.*), \w+/.exec(messageOf(cause)) ?? [];
  if (reason === 'illegal operation on a directory') return 'is a directory';
  return reason ?? messageOf(cause);
}

/** Parses the objects in YAML documents. */
export function parseManifests(file: string, yaml: string): readonly Manifest[] {
  return [...parseAllDocuments(yaml)].flatMap((document, index) => {
    const source = `${file}, document ${index + 1}`;
    const [error] = document.errors;
    // The lines after the first quote the source text.
    if (error) throw wrong(source, (error.message.split('\n')[0] ?? '').replace(/:$/, ''));
    const value = contentOf(source, document);
    if (value === null || value === undefined) return [];
    const list = listSchema.safeParse(value);
    return list.success ? list.data.items.map((item) => manifest(source, item)) : [manifest(source, value)];
  });
}

/** Aliases may expand too far, or have no anchor. */
function contentOf(source: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw wrong(source, messageOf(error).split('\n')[0] ?? '');
  }
}

function manifest(source: string, value: unknown): Manifest {
  const parsed = objectSchema.safeParse(value);
  if (!parsed.success) throw wrong(source, problemsOf(parsed.error));
  const { apiVersion, kind, metadata } = parsed.data;
  const { name, namespace } = metadata;
  const object = value as JsonObject; // YAML's core schema has no values outside JSON.
  return { source, apiVersion, kind, name, object, ...(namespace !== undefined && { namespace }) };
}

function wrong(source: string, message: string): CatamaranError {
  return new CatamaranError('CTM_SANDBOX_MANIFEST', `${source}: ${message}`);
}

/** Applies objects in order and prints kubectl's line for each. `namespace` is the default for objects without one. */
export async function applyManifests(
  client: KubeClient,
  manifests: readonly Manifest[],
  namespace: string,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const groups = new Map<string, Promise<z.infer<typeof discoverySchema>['resources']>>();
  for (const manifest of manifests) {
    const { apiVersion, kind, name, object, source } = manifest;
    const known = groups.get(apiVersion) ?? resourcesOf(client, apiVersion, signal);
    groups.set(apiVersion, known);
    const found = (await known).find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (!found) throw wrong(source, `no matches for kind "${kind}" in version "${apiVersion}" on ${client.cluster}`);
    const resource = resourceOf(apiVersion, found);
    const place = resource.namespaced ? { namespace: manifest.namespace ?? namespace, name } : { name };
    const wanted = withLastApplied(object, place);
    await client.patch(resource, place, wanted, { kind: 'apply', signal });
    const type = resource.group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${resource.group}`;
    print(`${type}/${name} serverside-applied`);
    // Later objects may be of the new kind.
    if (kind === 'CustomResourceDefinition') groups.clear();
  }
}

/** The annotation that `kubectl apply` compares with later, and would warn about. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function withLastApplied(object: JsonObject, place: JsonObject): JsonObject {
  const { annotations, ...rest } = metadataOf(object) ?? {};
  const own = isJsonObject(annotations) ? annotations : {};
  const { [LAST_APPLIED]: _, ...others } = own;
  const applied = { ...object, metadata: { annotations: others, ...rest, ...place } };
  const text = `${JSON.stringify(applied)}\n`;
  return { ...applied, metadata: { ...applied.metadata, annotations: { ...others, [LAST_APPLIED]: text } } };
}

function resourceOf(apiVersion: string, found: { name: string; kind: string; namespaced: boolean }): Resource {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group, version, plural: found.name, kind: found.kind, namespaced: found.namespaced };
}

async function resourcesOf(client: KubeClient, apiVersion: string, signal: AbortSignal) {
  try {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return discoverySchema.parse(await client.raw(path, { signal })).resources;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
