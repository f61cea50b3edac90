/** The rights in examples/run/rbac.yaml are those that the controller uses. */
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { service, serviceExport } from '../../support/clusters/manifests.ts';
import { startHostileFleet } from '../../support/hostile/hostile-fleet.ts';
import { recordingRequests } from '../../support/recorded-requests.ts';

const PATIENCE = { timeout: 20_000, interval: 20 };
const NS = 'shop';
const RBAC = new URL('../../../examples/run/rbac.yaml', import.meta.url);

/** Used only after a write met an object that had changed, or after repeated Events. */
const RARELY_USED = [
  'get serviceexports.multicluster.x-k8s.io',
  'get serviceimports.multicluster.x-k8s.io',
  'get endpointslices.discovery.k8s.io',
  'patch events.events.k8s.io',
];

const roleSchema = z.object({
  rules: z.array(
    z.object({ apiGroups: z.tuple([z.string()]), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});

/** `verb resource.group` of all rules. */
function granted(): readonly string[] {
  const documents = [...parseAllDocuments(readFileSync(RBAC, 'utf8'))].map((document): unknown => document.toJS());
  return documents.flatMap((document) => {
    const role = roleSchema.safeParse(document);
    if (!role.success) return [];
    return role.data.rules.flatMap(({ apiGroups: [group], resources, verbs }) =>
      resources.flatMap((resource) => {
        const [plural, subresource] = resource.split('/');
        const name = `${plural}${group === '' ? '' : `.${group}`}${subresource ? `/${subresource}` : ''}`;
        return verbs.map((verb) => `${verb} ${name}`);
      }),
    );
  });
}

it('the documented rights suffice, and none is superfluous', async () => {
  const requests = new Set<string>();
  const settings = { podCIDRs: [], serviceCIDRs: [], addresses: 'Any' };
  await using fleet = await startHostileFleet({
    clusters: 2,
    // Networks that are not declared are read from the cluster.
    members: { cluster1: settings, cluster2: settings },
    connected: (client) => recordingRequests(client, requests),
  });
  const [first, second] = [fleet.cluster('cluster1'), fleet.cluster('cluster2')];
  const settled = (hosts: readonly number[]) =>
    vi.waitFor(() => expect(second.imported(NS, 'web')).toEqual(hosts.map((host) => first.pod(host))), PATIENCE);
  const key = { namespace: NS, name: 'web' };
  second.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NS } });
  first.export(NS, 'web', [1]);
  await settled([1]);
  first.scale(NS, 'web', [1, 2]);
  await settled([1, 2]);
  // A second exporter with another port: the derived Service is changed, and a conflict is reported with an Event.
  second.create('/services', service(NS, 'web', { ports: [{ name: 'admin', port: 81, protocol: 'TCP' }] }));
  second.create('multicluster.x-k8s.io/serviceexports', serviceExport(NS, 'web'));
  await vi.waitFor(() => expect(first.condition('serviceexports', NS, 'web', 'Conflict')).toMatch(/^True/), PATIENCE);
  // An export that appears while the controller runs is fetched; the last one that goes takes everything along.
  for (const { api } of [first, second]) api.delete('multicluster.x-k8s.io/serviceexports', key);
  await vi.waitFor(() => expect(second.api.get('multicluster.x-k8s.io/serviceimports', key)).toBeUndefined(), PATIENCE);
  // The Lease is renewed every two seconds.
  await vi.waitFor(() => expect([...requests]).toContain('patch leases.coordination.k8s.io'), PATIENCE);
  const rights = granted();
  expect([...requests].filter((request) => !rights.includes(request))).toEqual([]);
  expect(rights.filter((right) => !requests.has(right) && !RARELY_USED.includes(right))).toEqual([]);
}, 60_000);
