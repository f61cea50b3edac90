/** Two real control planes, their clients, and the settings of measured processes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CRDS } from '../../src/api/crd-manifests.ts';
import { isJsonObject } from '../../src/api/json.ts';
import { type ControlPlane, startControlPlanes } from '../../tools/controlplane/index.ts';
import { type Access, type Api, openApi } from './api.ts';
import { BENCH_AGENT } from './names.ts';

/** One API server and the benchmark's client. */
export interface Side {
  readonly plane: ControlPlane & { readonly auditLog: string };
  readonly access: Access;
  readonly api: Api;
}

/** The two clusters: `source` exports, `consumer` imports. */
export interface TestBed {
  readonly source: Side;
  readonly consumer: Side;
  /** For files of measured processes; removed at the end. */
  readonly dir: string;
  /** Script to run as `catamaran`. */
  readonly script: string;
  /** Folder for CPU profiles of the controllers; undefined for none. */
  readonly profiles: string | undefined;
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

/** More concurrent requests than any row has in flight. */
const CONNECTIONS = 64;

/** Starts the control planes and installs the CRDs. Stops what it started if it fails. */
export async function openTestBed({
  script,
  profiles,
  signal,
}: Pick<TestBed, 'script' | 'profiles' | 'signal'>): Promise<TestBed> {
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-bench-'));
  let planes: readonly ControlPlane[] = [];
  const sides: Side[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(sides.map(({ api }) => api.close()));
    await Promise.all(planes.map((plane) => plane.stop()));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    // Without kube-controller-manager, which is not needed and would use CPU time.
    planes = await startControlPlanes({ count: 2, dir, audit: true, controllerManager: false, signal });
    for (const plane of planes) sides.push(await openSide(plane));
    await Promise.all(sides.map(({ api }) => installCrds(api, signal)));
    const [source, consumer] = sides;
    if (!source || !consumer) throw new Error('expected two control planes');
    return { source, consumer, dir, script, profiles, signal, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSide(plane: ControlPlane): Promise<Side> {
  const { auditLog } = plane;
  if (auditLog === undefined) throw new Error('control plane without audit log');
  const access = { server: plane.server, ca: await readFile(plane.caFile, 'utf8'), token: plane.token };
  return { plane: { ...plane, auditLog }, access, api: openApi(access, BENCH_AGENT, CONNECTIONS) };
}

export async function installCrds(api: Api, signal: AbortSignal): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const crd of CRDS) await api.create(path, crd);
  while (!(await everyCrdIsServed(api))) await delay(100, undefined, { signal });
}

/** For a moment, requests for an established CRD may still return 404. */
async function everyCrdIsServed(api: Api): Promise<boolean> {
  const served = CRDS.map(async ({ spec }) => {
    try {
      return isJsonObject(await api.get(`/apis/${spec.group}/v1beta1/${spec.names.plural}?limit=1`));
    } catch {
      return false;
    }
  });
  return (await Promise.all(served)).every(Boolean);
}
