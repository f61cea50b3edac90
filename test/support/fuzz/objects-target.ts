/** Objects of a hostile member, from its API server to the plan for a consumer, beside an honest member. */
import type { JsonObject } from '../../../src/api/json.ts';
import { serviceKey } from '../../../src/api/meta.ts';
import { desired } from '../../../src/core/desired/desired.ts';
import { merge } from '../../../src/core/merge/merge.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { KnownSource } from '../../../src/core/view.ts';
import { MemberCache } from '../../../src/fleet/member-cache.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, at, NAME, NAMESPACE, NOW } from '../core/objects.ts';
import { ALLOW_ALL, ANY, aConsumer, aSource } from '../core/sources.ts';
import { silent } from '../silent-log.ts';
import type { FuzzTarget } from './fuzz.ts';
import { deepened, mutateJson } from './mutate-json.ts';
import { type Below, pick } from './random.ts';

const KEY = serviceKey(NAMESPACE, NAME);
const STORES = ['exports', 'imports', 'namespaces', 'services', 'slices'] as const;

type Objects = Readonly<Record<(typeof STORES)[number], JsonObject>>;

const honest = aSource({
  member: 'honest',
  export: anExport({}, at(0)),
  slices: cacheOf('honest', objectsOf('10.1.0.1')).sourceSlices(KEY),
});

function objectsOf(address: string): Objects {
  const condition = { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: NOW };
  const objects = {
    exports: { ...anExport({ exportedLabels: { a: 'b' } }, at(9)), status: { conditions: [condition] } },
    imports: { ...anImport({ ips: ['10.9.0.1'] }), status: { clusters: [{ cluster: 'x' }], conditions: [condition] } },
    namespaces: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE }, status: { phase: 'Active' } },
    services: aService(),
    slices: aSlice('web-x', [anEndpoint(address, { hostname: 'x-0', zone: 'z' }), anEndpoint('10.1.0.2')]),
  };
  return JSON.parse(JSON.stringify(objects));
}

function cacheOf(member: string, objects: Objects): MemberCache {
  const cache = new MemberCache({
    derivedPrefix: 'amcs-',
    addresses: { ...ANY, member },
    limits: { exportsPerMember: 1_000, exportsPerNamespace: 1_000, endpointsPerExport: 10_000, memberBytes: 2 ** 30 },
    logger: silent,
    changed: () => {},
    exportAppeared: () => {},
  });
  for (const name of STORES) {
    const store = cache[name];
    store.listStarted();
    store.upserted(objects[name]);
    store.listed('1');
  }
  return cache;
}

/** One to three of the objects are mutated. */
function input(below: Below): Buffer {
  const objects: Record<string, JsonObject> = { ...objectsOf('10.1.0.3') };
  for (let left = 1 + below(3); left > 0; left--) {
    const name = pick(STORES, below);
    objects[name] = mutateJson(objects[name] ?? {}, below);
  }
  return Buffer.from(deepened(JSON.stringify(objects)));
}

const PROTOTYPES: readonly unknown[] = [Object.prototype, Array.prototype];

/** Whether all objects in a value have the prototype of a literal. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return PROTOTYPES.includes(Object.getPrototypeOf(value)) && Object.values(value).every(isPlain);
}

function check(bytes: Buffer): void {
  const cache = cacheOf('hostile', JSON.parse(bytes.toString('utf8')));
  const [exported, service] = [cache.exports.get(KEY), cache.services.get(KEY)];
  const hostile: KnownSource = {
    member: 'hostile',
    standing: 'current',
    policy: ALLOW_ALL,
    slices: cache.sourceSlices(KEY),
    setAside: cache.setAside(KEY),
    ...(exported && { export: exported }),
    ...(service && { service }),
  };
  const clusterset = merge([honest, hostile]);
  const imported = cache.imports.get(KEY);
  for (const consumer of [
    aConsumer({ member: 'consumer', import: JSON.parse(JSON.stringify(anImport({}, { uid: 'import' }))) }),
    aConsumer({ member: 'hostile', ...(imported && { import: imported }) }),
  ]) {
    const changes = plan(consumer, desired(clusterset, consumer), NOW);
    const served = JSON.stringify(changes).includes('"10.1.0.1"');
    if (consumer.member === 'consumer' && !served) throw new Error('the honest endpoint is not served');
    if (!isPlain(changes)) throw new Error('a change has the prototype that the hostile member sent');
  }
  if (!isPlain([exported, service, imported, hostile.slices]))
    throw new Error('a copy has the prototype that was sent');
  if ('polluted' in {}) throw new Error('the prototype of all objects has changed');
}

export function objectsTarget(): FuzzTarget {
  return { input, check };
}
