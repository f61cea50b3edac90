import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startCluster } from 'kubesim';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { CRDS, crdsYaml } from '../../../src/api/crd-manifests.ts';
import { MCS_API_VERSION, MCS_GROUP } from '../../../src/api/multicluster.ts';

const MODULE = join(import.meta.dirname, '../../../tools/pins/mcs-api');

/** Directory of the Go module sigs.k8s.io/mcs-api, in the version of tools/pins/mcs-api/go.mod. */
async function moduleFolder(): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run('go', ['mod', 'download', '-json', 'sigs.k8s.io/mcs-api'], { cwd: MODULE }).catch(
    (error: unknown) => {
      throw new Error('this test needs the Go module sigs.k8s.io/mcs-api; install Go 1.23 or later', { cause: error });
    },
  );
  return z.object({ Dir: z.string() }).parse(JSON.parse(stdout)).Dir;
}

/** A CRD value without descriptions. */
function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]) => key !== 'description' || typeof item !== 'string');
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutDescriptions(item)]));
}

function descriptions(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'description' && typeof item === 'string' ? [item] : descriptions(item),
  );
}

describe('CRDs', () => {
  const theirs = new Map<string, unknown>();

  beforeAll(async () => {
    const folder = await moduleFolder();
    for (const plural of ['serviceexports', 'serviceimports']) {
      const file = join(folder, 'config/crd', `${MCS_GROUP}_${plural}.yaml`);
      theirs.set(`${plural}.${MCS_GROUP}`, parse(await readFile(file, 'utf8')));
    }
  }, 120_000);

  it('match those of mcs-api v0.5.2, except for descriptions', () => {
    expect(CRDS.map((crd) => crd.metadata.name)).toEqual([...theirs.keys()]);
    for (const crd of CRDS) {
      expect(withoutDescriptions(crd)).toEqual(withoutDescriptions(theirs.get(crd.metadata.name)));
    }
  });

  it('describe every field in their own words', () => {
    const known = new Set([...theirs.values()].flatMap(descriptions));
    const ours = CRDS.flatMap(descriptions);
    expect(ours.length).toBeGreaterThan(60);
    expect(ours.filter((text) => known.has(text))).toEqual([]);
  });

  it('serve v1alpha1 and v1beta1 with one schema, and store v1beta1', () => {
    for (const { spec } of CRDS) {
      expect(spec.versions.map(({ name, served, storage }) => ({ name, served, storage }))).toEqual([
        { name: 'v1alpha1', served: true, storage: false },
        { name: 'v1beta1', served: true, storage: true },
      ]);
      expect(spec.versions[0]?.schema).toEqual(spec.versions[1]?.schema);
    }
    expect(MCS_API_VERSION).toBe('multicluster.x-k8s.io/v1beta1');
  });

  it('are printed as separate YAML documents, without aliases', () => {
    const yaml = crdsYaml();
    expect(parseAllDocuments(yaml).map((document) => document.toJS())).toEqual(CRDS);
    expect(yaml).not.toMatch(/[&*]a\d/);
  });

  it('are accepted by an API server that validates strictly', async () => {
    await using cluster = await startCluster({ crds: CRDS, workloads: false });
    const served = cluster.api.list('apiextensions.k8s.io/customresourcedefinitions');
    expect(served.map(({ metadata: { name } }) => name)).toEqual(CRDS.map(({ metadata: { name } }) => name));
  });
});

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: object;
}

/** Whether a manifest satisfies the schema of its kind and version. */
function accepts(manifest: Manifest): boolean {
  const crd = CRDS.find(({ spec }) => spec.names.kind === manifest.kind);
  const version = crd?.spec.versions.find(({ name }) => `${crd.spec.group}/${name}` === manifest.apiVersion);
  if (!version) throw new Error(`no CRD for ${manifest.apiVersion} ${manifest.kind}`);
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(version.schema.openAPIV3Schema)));
  return schema.safeParse(manifest).success;
}

describe('manifests', () => {
  const apiVersion = 'multicluster.x-k8s.io/v1alpha1';

  it('of v1alpha1 are valid without optional fields', () => {
    expect(accepts({ apiVersion, kind: 'ServiceExport', metadata: { name: 'service1' } })).toBe(true);
    const ports = [{ name: 'tcp', port: 3306, protocol: 'TCP' }];
    const spec = { ports, type: 'Headless' };
    expect(accepts({ apiVersion, kind: 'ServiceImport', metadata: { name: 'mysql' }, spec })).toBe(true);
  });

  it.each([
    ['no type', { ports: [] }],
    ['no ports', { type: 'Headless' }],
    ['another type', { type: 'ClusterIP', ports: [] }],
    ['a port without a number', { type: 'Headless', ports: [{ name: 'a' }] }],
    ['a port number as a string', { type: 'Headless', ports: [{ port: '80' }] }],
    ['three addresses', { type: 'ClusterSetIP', ports: [], ips: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] }],
  ])('of an import with %s are refused', (_, spec) => {
    expect(accepts({ apiVersion, kind: 'ServiceImport', metadata: { name: 'a' }, spec })).toBe(false);
  });
});
