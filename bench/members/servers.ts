/**
 * The child process with the API servers of many members, each on its own loopback port. `server-process.ts` starts it
 * with a shape and sends requests over the IPC channel.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { type ApiServer, createApiServer, listen, makeCertificates, settingsOf } from 'kubesim/internal';
import { CRDS } from '../../src/api/crd-manifests.ts';
import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject, parseJson } from '../../src/api/json.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Logger } from '../../src/runtime/logger.ts';
import {
  exportOf,
  firstNameOf,
  importOf,
  type MembersShape,
  namespaceOf,
  ownPodCIDRs,
  serviceOf,
  sliceOf,
} from './shape.ts';

/** Which members of the fleet this process has. */
export interface Part {
  readonly shape: MembersShape;
  /** Starts at 1. */
  readonly first: number;
  readonly count: number;
}

const { shape, first, count } = JSON.parse(process.argv[2] ?? '{}') as Part; // from server-process.ts
const NOT_COUNTED: ReadonlySet<string> = new Set(['coordination.k8s.io/leases', 'events.k8s.io/events', '/events']);

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const token = randomBytes(16).toString('hex');
const certificates = await makeCertificates(Date.now());
let changes = 0;

function asJson(object: object): JsonObject {
  const value = parseJson(JSON.stringify(object));
  return isJsonObject(value) ? value : {};
}

async function start(member: number): Promise<{ readonly server: ApiServer; readonly about: object }> {
  const pods = ownPodCIDRs(shape, member);
  // Service networks may overlap.
  const settings = pods
    ? { ...settingsOf(1), name: `cluster${member}`, podCIDRs: pods, nodeCIDRs: [] }
    : settingsOf(member);
  const server = createApiServer({
    settings,
    clock: systemClock,
    random: Math.random,
    logger: silent,
    token,
  });
  for (const crd of CRDS) server.api.create('apiextensions.k8s.io/customresourcedefinitions', asJson(crd));
  server.api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  server.api.subscribe(({ resource }) => {
    if (!NOT_COUNTED.has(resource)) changes++;
  }, new AbortController().signal);
  const { port } = await listen({ server, tls: certificates, port: 0, logger: silent });
  const { name, podCIDRs, serviceCIDRs } = settings;
  return { server, about: { name, server: `https://127.0.0.1:${port}`, podCIDRs, serviceCIDRs } };
}

function fill({ api }: ApiServer, member: number): void {
  const { services, exported, imported } = shape;
  const namespace = namespaceOf(shape, member);
  api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const start = firstNameOf(shape, member);
  for (let index = start; index < start + services; index++) {
    api.create('/services', serviceOf(namespace, index));
    api.create('discovery.k8s.io/endpointslices', sliceOf(shape, member, index));
  }
  for (let index = start; index < start + exported; index++)
    api.create('multicluster.x-k8s.io/serviceexports', exportOf(namespace, index));
  // With import mode Automatic, the controller creates the imports.
  if (imported === exported) return;
  for (let index = 0; index < imported; index++)
    api.create('multicluster.x-k8s.io/serviceimports', importOf(namespace, index));
}

const servers: ApiServer[] = [];
const abouts: object[] = [];
for (let member = first; member < first + count; member++) {
  const { server, about } = await start(member);
  servers.push(server);
  abouts.push(about);
}
process.on('disconnect', () => process.exit(0));
process.on('message', async (question) => {
  if (question === 'fill') {
    for (const [index, server] of servers.entries()) {
      fill(server, first + index);
      await turn();
    }
  }
  process.send?.(changes);
});
process.send?.({ ca: certificates.ca, token, servers: abouts });
