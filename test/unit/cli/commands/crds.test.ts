/** `catamaran crds diff` and `crds apply` against clusters with CRDs of others. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster } from 'kubesim';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { crdsOf } from '../../../support/clusters/mcs-releases.ts';
import { invoke } from '../../../support/invoke.ts';

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
const EXPORTS = 'serviceexports.multicluster.x-k8s.io';
const IMPORTS = 'serviceimports.multicluster.x-k8s.io';

let dir: string;
let cluster: Cluster | undefined;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-crds-'));
});
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});
afterAll(() => rm(dir, { recursive: true }));

async function start(crds: readonly JsonObject[]): Promise<(...args: readonly string[]) => ReturnType<typeof invoke>> {
  cluster = await startCluster({ workloads: false });
  // As a user of kubectl does, without a field manager of their own.
  for (const crd of crds) cluster.api.create(DEFINITIONS, crd);
  const file = join(dir, 'kubeconfig');
  await writeFile(file, cluster.kubeconfig);
  return (...args) => invoke(['crds', ...args, '--kubeconfig', file]);
}

function stored(name: string): ReturnType<typeof JSON.parse> {
  return JSON.parse(JSON.stringify(cluster?.api.get(DEFINITIONS, { name })));
}

const marked = (annotations: JsonObject) =>
  crdsOf('0.4').map((crd) => ({ ...crd, metadata: { ...Object(crd.metadata), annotations } }));

describe('catamaran crds', () => {
  it('installs the CRDs in an empty cluster, and is then up to date', async () => {
    const crds = await start([]);
    expect((await crds('diff')).stdout).toContain(`${EXPORTS} is missing\n`);
    expect(cluster?.api.list(DEFINITIONS)).toEqual([]);
    expect(await crds('apply')).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nDone\.\n$/) });
    expect(stored(IMPORTS).spec.versions).toHaveLength(2);
    expect((await crds('apply')).stdout).toContain('Already up to date.');
  });

  it('adds to the CRDs of another implementation, whose objects and versions stay', async () => {
    const crds = await start(crdsOf('cilium'));
    const apiVersion = 'multicluster.x-k8s.io/v1alpha1';
    const metadata = { namespace: 'default', name: 'web' };
    cluster?.api.create('multicluster.x-k8s.io/serviceexports', { apiVersion, kind: 'ServiceExport', metadata });
    const { stdout } = await crds('diff');
    expect(stdout).toContain(`customresourcedefinition.apiextensions.k8s.io/${IMPORTS} lacks\n`);
    expect(stdout).toContain('  + version v1beta1\n');
    expect(stdout).toContain('  + spec.ips in v1alpha1: at most 2 items instead of 1\n');
    expect(stored(IMPORTS).spec.versions).toHaveLength(1);
    expect(await crds('apply')).toMatchObject({ code: 0 });
    expect(stored(EXPORTS).status.storedVersions).toEqual(['v1alpha1', 'v1beta1']);
    expect(cluster?.api.list('multicluster.x-k8s.io/serviceexports')).toHaveLength(1);
  });

  it.each([
    ['Helm, release "mesh"', { 'meta.helm.sh/release-name': 'mesh' }],
    ['Argo CD, "apps:x"', { 'argocd.argoproj.io/tracking-id': 'apps:x' }],
  ])('names %s as the owner, and leaves its CRDs alone unless forced', async (owner, annotations) => {
    const crds = await start(marked(annotations));
    expect((await crds('diff')).stdout).toContain(`  installed by ${owner}\n`);
    const refused = await crds('apply');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('CTM_CRDS_OWNED') });
    expect(refused.stderr).toContain(`${EXPORTS} was installed by ${owner}, which may undo a change`);
    expect(stored(EXPORTS).spec.versions).toHaveLength(1);
    expect(await crds('apply', '--force')).toMatchObject({ code: 0 });
    expect(stored(EXPORTS).spec.versions).toHaveLength(2);
    expect(stored(EXPORTS).metadata.annotations).toMatchObject(annotations);
  });
});
