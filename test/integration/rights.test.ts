/**
 * The rights of each account against the audit log of real API servers: no request that is not granted, no right that is
 * not used.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { RESOURCES, type Resource } from '../../src/api/resources.ts';
import { DNS_CHECK_RULES, DNS_RULES, leaseRules, MEMBER_RULES, type Rule } from '../../src/install/role-rules.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { createKubeClient } from '../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../src/kube/kubeconfig/credentials.ts';
import { AUDITED_NAMESPACE } from '../../tools/controlplane/plane.ts';
import { serviceImport } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, sharedClusters } from '../support/clusters/shared-clusters.ts';
import { invoke } from '../support/invoke.ts';
import { base64, kubeconfig } from '../support/kubeconfigs.ts';
import { createAll, move, offer, podAddress } from './offers.ts';
import { addresses, condition, fleetConfig, held, runFleet } from './running-fleet.ts';

const LEASE = 'catamaran';

let clusters: readonly [Cluster, Cluster, Cluster];
let directory: string;

beforeAll(async () => {
  clusters = await sharedClusters();
  directory = await mkdtemp(join(tmpdir(), 'catamaran-rights-'));
  for (const cluster of clusters.slice(0, 2)) {
    const values = join(directory, 'values.yaml');
    await writeFile(values, 'dns: { enabled: true }');
    const target = ['--kubeconfig', cluster.plane.kubeconfig, '--namespace', AUDITED_NAMESPACE];
    expect(await invoke(['install', ...target, '--mode', 'cluster', '--values', values])).toMatchObject({ code: 0 });
  }
});

afterAll(async () => {
  for (const cluster of clusters.slice(0, 2)) {
    await invoke(['uninstall', '--kubeconfig', cluster.plane.kubeconfig, '--namespace', AUDITED_NAMESPACE]);
    await cluster.kubectl('delete', 'namespace', AUDITED_NAMESPACE, '--wait=false', '--ignore-not-found');
  }
  await rm(directory, { recursive: true });
});

const entrySchema = z.object({
  verb: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z
    .object({
      resource: z.string().default(''),
      apiGroup: z.string().default(''),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  requestURI: z.string(),
  responseStatus: z.object({ code: z.number() }).optional(),
});

/** What an account requested: as RBAC names it, and what was refused. */
interface Requested {
  readonly verbs: ReadonlySet<string>;
  readonly forbidden: readonly string[];
}

async function requestedBy(account: string, audited: readonly Cluster[]): Promise<Requested> {
  const logs = await Promise.all(audited.map(({ plane }) => readFile(plane.auditLog ?? '', 'utf8')));
  const entries = logs
    .flatMap((log) => log.split('\n'))
    // The last line may be incomplete.
    .filter((line) => line.includes(`:${AUDITED_NAMESPACE}:${account}"`) && line.endsWith('}'))
    .map((line) => entrySchema.parse(JSON.parse(line)))
    .filter(({ user }) => user.username === `system:serviceaccount:${AUDITED_NAMESPACE}:${account}`);
  return {
    verbs: new Set(
      entries.flatMap(({ verb, objectRef: ref, requestURI }) => {
        if (!ref) return [];
        // A watch that begins with the state replaces a list, which servers without WatchList are asked for.
        const verbs = requestURI.includes('sendInitialEvents=true') ? ['list', verb] : [verb];
        const resource = [ref.resource, ref.subresource].filter(Boolean).join('/');
        return verbs.map((each) => rightOf(each, ref.apiGroup, resource));
      }),
    ),
    forbidden: entries
      .filter(({ responseStatus }) => responseStatus?.code === 403)
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`),
  };
}

function rightOf(verb: string, group: string, resource: string): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

function rightsOf(rules: readonly Rule[]): ReadonlySet<string> {
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => rightOf(verb, group, resource))),
      ),
    ),
  );
}

/** `kubectl create token`, for an account of the installation. */
async function tokenOf(cluster: Cluster, account: string): Promise<string> {
  return (await cluster.kubectl('-n', AUDITED_NAMESPACE, 'create', 'token', account)).trim();
}

/**
 * A client whose first change of each resource meets an object that a user has changed a moment before, so that the
 * controller has to read it again.
 */
function overtaken(client: KubeClient, { client: user }: Cluster): KubeClient {
  const done = new Set<string>();
  return {
    ...methodsOf(client),
    patch: async (resource, object, patch, options) => {
      if (!done.has(resource.plural) && (patchable as readonly Resource[]).includes(resource)) {
        done.add(resource.plural);
        await user.patch(resource, object, { metadata: { annotations: { 'example.org/overtaken': 'yes' } } });
      }
      return client.patch(resource, object, patch, options);
    },
  };
}

const { serviceExports, serviceImports, services, endpointSlices } = RESOURCES;
const patchable = [serviceExports, serviceImports, services, endpointSlices];

/** The methods of a client, to replace some. */
function methodsOf(client: KubeClient): KubeClient {
  return {
    cluster: client.cluster,
    get: (...args) => client.get(...args),
    list: (...args) => client.list(...args),
    pages: (...args) => client.pages(...args),
    watch: (...args) => client.watch(...args),
    create: (...args) => client.create(...args),
    update: (...args) => client.update(...args),
    patch: (...args) => client.patch(...args),
    delete: (...args) => client.delete(...args),
    raw: (...args) => client.raw(...args),
    close: () => client.close(),
  };
}

it('the controller: joins, imports, follows, reports, cleans up', async () => {
  const [first, second] = clusters;
  const both = [first, second];
  const ns = await freshNamespace(both, 'rights');
  const manual = await freshNamespace(both, 'rights-manual');
  const accessOf = async ({ plane }: Cluster, token: string) => ({
    server: plane.server,
    tls: { ca: await readFile(plane.caFile, 'utf8') },
    credentials: staticCredentials({ token }),
    source: 'test',
  });
  // Networks that are not declared are read from the clusters.
  const undeclared = { podCIDRs: [], serviceCIDRs: [], addresses: 'Any' };
  const settings = {
    spec: { namespaces: [{ name: manual, import: { mode: 'Manual' } }] },
    members: { [first.name]: undeclared, [second.name]: undeclared },
  };
  const fleet = await runFleet(both, {
    ...settings,
    connect: async (cluster) => {
      const access = await accessOf(cluster, await tokenOf(cluster, 'catamaran'));
      return overtaken(createKubeClient({ cluster: cluster.name, access }), cluster);
    },
  });
  try {
    const ready = (cluster: Cluster, namespace: string, name: string, expected: readonly string[]) =>
      eventually(async () => {
        expect(await addresses(cluster, namespace, name)).toEqual(expected);
        const { import: imported } = await held(cluster, namespace, name);
        expect(condition(imported, 'Ready')?.status).toBe('True');
      });
    await createAll(first, offer(first, ns, 'web'));
    await ready(second, ns, 'web', [podAddress(first, 1)]);
    await move(first, ns, 'web', [podAddress(first, 2)]);
    await ready(second, ns, 'web', [podAddress(first, 2)]);
    await createAll(first, offer(first, manual, 'web'));
    await second.apply(serviceImport(manual, 'web'));
    await ready(second, manual, 'web', [podAddress(first, 1)]);
    // Another exporter with other ports, twice: the derived Service changes, and the Event repeats.
    const other = offer(second, ns, 'web', { spec: { ports: [{ name: 'admin', port: 81, protocol: 'TCP' }] } });
    const conflict = (status: string) =>
      eventually(async () => expect(condition((await held(first, ns, 'web')).export, 'Conflict')?.status).toBe(status));
    await createAll(second, other);
    await conflict('True');
    for (const _ of [1, 2]) {
      await second.kubectl('-n', ns, 'delete', 'serviceexport', 'web');
      await conflict('False');
      await createAll(second, other.slice(-1));
      await conflict('True');
    }
    await eventually(async () =>
      expect((await requestedBy('catamaran', both)).verbs).toContain('patch events.events.k8s.io'),
    );
    for (const cluster of both) await cluster.kubectl('-n', ns, 'delete', 'serviceexport', 'web');
    for (const cluster of both) {
      await eventually(async () => expect((await held(cluster, ns, 'web')).import).toBeUndefined());
    }
    // A member that leaves is cleaned up.
    await createAll(first, offer(first, ns, 'last'));
    await ready(second, ns, 'last', [podAddress(first, 1)]);
    await fleet.controller.configure(fleetConfig([first], settings));
    await eventually(async () => expect((await held(second, ns, 'last')).import).toBeUndefined());
  } finally {
    await fleet.stop();
  }
  const rights = rightsOf([...MEMBER_RULES, ...leaseRules(LEASE)]);
  const { verbs, forbidden } = await requestedBy('catamaran', both);
  expect(forbidden).toEqual([]);
  expect([...verbs].filter((verb) => !rights.has(verb))).toEqual([]);
  expect([...rights].filter((right) => !verbs.has(right))).toEqual([]);
}, 180_000);

it('catamaran dns: lists and watches, and checks the DNS of its cluster', async () => {
  const [cluster] = clusters;
  const token = await tokenOf(cluster, 'catamaran-dns');
  const file = join(directory, 'dns.kubeconfig');
  const ca = base64(await readFile(cluster.plane.caFile, 'utf8'));
  await writeFile(file, kubeconfig({ server: cluster.plane.server, 'certificate-authority-data': ca }, { token }));
  const stop = new AbortController();
  const served = invoke(['dns', '--kubeconfig', file, '--listen', '127.0.0.1:0', '--http', 'none'], {
    signal: stop.signal,
  });
  const watched = rightsOf(DNS_RULES);
  await eventually(async () => {
    const { verbs } = await requestedBy('catamaran-dns', [cluster]);
    expect([...watched].filter((right) => !verbs.has(right))).toEqual([]);
  });
  stop.abort();
  await served;
  const serving = await requestedBy('catamaran-dns', [cluster]);
  expect(serving.forbidden).toEqual([]);
  expect([...serving.verbs].filter((verb) => !watched.has(verb))).toEqual([]);
  // The check reads what it may.
  await invoke(['dns', 'check', '--kubeconfig', file, '--server', '127.0.0.1:9']);
  const { verbs } = await requestedBy('catamaran-dns', [cluster]);
  expect([...rightsOf(DNS_CHECK_RULES)].filter((right) => !verbs.has(right))).toEqual([]);
}, 60_000);
