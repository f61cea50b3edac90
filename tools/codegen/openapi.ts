/**
 * Records the schemas of built-in resources in packages/kubesim/src/schema/builtin: the structure of /openapi/v3 of a
 * real kube-apiserver, without descriptions, and how Go decodes and encodes each field (tools/codegen/gotypes). Run
 * manually after a change of the Kubernetes version: `node tools/codegen/openapi.ts`. Requires Go and `make tools`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { startControlPlanes } from '../controlplane/index.ts';

const OUTPUT = fileURLToPath(new URL('../../packages/kubesim/src/schema/builtin', import.meta.url));
const GO_TYPES = fileURLToPath(new URL('gotypes', import.meta.url));

/** Kinds that the sandbox serves or reads, by group version. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'api/v1': [
    ...['Namespace', 'Service', 'Endpoints', 'Pod', 'ConfigMap', 'Secret', 'ServiceAccount', 'Event', 'Node'],
    ...['PersistentVolumeClaim', 'PersistentVolume', 'Status', 'DeleteOptions'],
  ],
  'apis/apps/v1': ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  'apis/autoscaling/v1': ['Scale'],
  'apis/batch/v1': ['Job'],
  'apis/coordination.k8s.io/v1': ['Lease'],
  'apis/discovery.k8s.io/v1': ['EndpointSlice'],
  'apis/events.k8s.io/v1': ['Event'],
  'apis/networking.k8s.io/v1': ['ServiceCIDR', 'IPAddress'],
  'apis/rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
  'apis/storage.k8s.io/v1': ['StorageClass'],
  'apis/apiextensions.k8s.io/v1': ['CustomResourceDefinition'],
};

const REF = '#/components/schemas/';

type Node = { [key: string]: unknown };
const Schema = z.record(z.string(), z.unknown());
const Document = z.object({ components: z.object({ schemas: z.record(z.string(), Schema) }) });
const GroupVersionKinds = z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() })).default([]);
const GoField = z.object({
  type: z.string(),
  kind: z.string(),
  pointer: z.boolean().default(false),
  omitted: z.boolean().default(false),
  own: z.boolean().default(false),
});
type GoField = z.infer<typeof GoField>;
const GoTypes = z.record(z.string(), z.record(z.string(), GoField));

/** Without descriptions, and with `$ref` next to its siblings instead of in an `allOf` of one. */
function structure(schema: Node): Node {
  const { description: _prose, allOf, properties, items, additionalProperties, ...rest } = schema;
  const { 'x-kubernetes-group-version-kind': _kinds, 'x-kubernetes-unions': _unions, ...kept } = rest;
  const all = z
    .array(z.object({ $ref: z.string() }))
    .length(1)
    .optional()
    .parse(allOf);
  const ref = all?.[0]?.$ref ?? kept.$ref;
  return {
    ...kept,
    ...(typeof ref === 'string' && { $ref: ref.slice(REF.length) }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(Schema.parse(properties)).map(([name, one]) => [name, structure(Schema.parse(one))]),
      ),
    }),
    ...(items !== undefined && { items: structure(Schema.parse(items)) }),
    ...(additionalProperties !== undefined && { additionalProperties: structure(Schema.parse(additionalProperties)) }),
  };
}

/** The name that Go's decoder prints for a schema on its own. */
function goName(schema: Node): string {
  if (typeof schema.$ref === 'string') return schema.$ref.split('.').slice(-2).join('.');
  if (schema.type === 'array') return `[]${goName(Schema.parse(schema.items))}`;
  if (schema.type === 'object') return `map[string]${goName(Schema.parse(schema.additionalProperties ?? {}))}`;
  if (schema.type === 'boolean') return 'bool';
  return String(schema.type === 'string' ? 'string' : (schema.format ?? schema.type));
}

/** Adds the name of the Go type, and how an unset field is encoded. */
function withGo(schema: Node, go: GoField | undefined): Node {
  if (!go) return schema;
  const { default: value, ...rest } = schema;
  const list = go.kind === 'slice' || go.kind === 'map';
  const scalar = !list && go.kind !== 'struct';
  const time = go.type === 'v1.Time' || go.type === 'v1.MicroTime';
  const written = !go.omitted && (go.pointer || list || time);
  return {
    ...(go.omitted && go.kind === 'struct' ? rest : { ...rest, ...(value !== undefined && { default: value }) }),
    ...(goName(schema) !== go.type && { 'x-go-type': go.type }),
    ...(scalar && !go.pointer && go.omitted && { 'x-go-value': true }),
    ...(written && { 'x-go-null': true }),
  };
}

function references(schema: Node): readonly string[] {
  return [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g)].map(([, name = '']) => name);
}

/** `core.v1` of `io.k8s.api.core.v1.Service`. */
function fileOf(component: string): string {
  return component.split('.').slice(0, -1).slice(-2).join('.');
}

async function documents(): Promise<readonly z.infer<typeof Document>[]> {
  const [plane] = await startControlPlanes({ count: 1, controllerManager: false });
  if (!plane) throw new Error('no control plane was started');
  const dispatcher = new Agent({ connect: { ca: readFileSync(plane.caFile, 'utf8') } });
  try {
    const found: z.infer<typeof Document>[] = [];
    for (const groupVersion of Object.keys(KINDS)) {
      const headers = { authorization: `Bearer ${plane.token}` };
      const response = await request(`${plane.server}/openapi/v3/${groupVersion}`, { dispatcher, headers });
      found.push(Document.parse(await response.body.json()));
    }
    return found;
  } finally {
    await dispatcher.close();
    await plane.stop();
  }
}

const go = spawnSync('go', ['run', '.'], { cwd: GO_TYPES, encoding: 'utf8', maxBuffer: 2 ** 26 });
if (go.status !== 0) throw new Error(`tools/codegen/gotypes failed: ${go.stderr}`);
const goTypes = GoTypes.parse(JSON.parse(go.stdout));

const kinds: Record<string, string> = {};
const components = new Map<string, Node>();
for (const document of await documents()) {
  const { schemas } = document.components;
  const take = (name: string): void => {
    const raw = schemas[name];
    if (components.has(name) || raw === undefined) return;
    const schema = structure(raw);
    const fields = goTypes[name] ?? {};
    const properties = Object.entries(Schema.parse(schema.properties ?? {})).map(([field, one]) => [
      field,
      withGo(Schema.parse(one), fields[field]),
    ]);
    components.set(name, {
      ...schema,
      ...(schema.properties !== undefined && { properties: Object.fromEntries(properties) }),
    });
    for (const ref of references(schema)) take(ref);
  };
  for (const [name, schema] of Object.entries(schemas)) {
    for (const { group, version, kind } of GroupVersionKinds.parse(schema['x-kubernetes-group-version-kind'])) {
      const own = group === '' ? `api/${version}` : `apis/${group}/${version}`;
      if (!KINDS[own]?.includes(kind)) continue;
      kinds[`${group}/${version}/${kind}`] = name;
      take(name);
    }
  }
}

const files = Map.groupBy(components.keys().toArray().sort(), fileOf);
for (const [file, names] of files) {
  const lines = names.map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(components.get(name))}`);
  writeFileSync(join(OUTPUT, `${file}.json`), `{\n${lines.join(',\n')}\n}\n`);
}
writeFileSync(join(OUTPUT, 'kinds.json'), `${JSON.stringify(kinds, null, 2)}\n`);
console.log(`${Object.keys(kinds).length} kinds, ${components.size} components in ${files.size} files`);
