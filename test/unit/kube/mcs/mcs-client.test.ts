/** A source over a cluster whose CRDs are older, missing or replaced. */
import { type Cluster, startCluster } from 'kubesim';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CRDS } from '../../../../src/api/crd-manifests.ts';
import { parseName } from '../../../../src/dns/wire/name.ts';
import { TYPE } from '../../../../src/dns/wire/protocol.ts';
import { Zone } from '../../../../src/dns/zone/zone.ts';
import { ZoneSource } from '../../../../src/dns/zone/zone-source.ts';
import { createKubeClient } from '../../../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../../../src/kube/kubeconfig/credentials.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { serviceImport } from '../../../support/clusters/manifests.ts';
import { crdsOf } from '../../../support/clusters/mcs-releases.ts';
import { ZONE } from '../../../support/dns/served-zone.ts';
import { silent } from '../../../support/silent-log.ts';

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const json = (object: object) => JSON.parse(JSON.stringify(object));

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function follow(cluster: Cluster): Zone {
  const zone = new Zone({ zone: ZONE, ttl: 5 });
  const client = createKubeClient({
    cluster: cluster.name,
    access: {
      server: cluster.server,
      tls: {},
      credentials: staticCredentials({ token: cluster.token }),
      source: 'test',
    },
    transport: cluster.transport(),
  });
  const options = { client, zone, clock: systemClock, random: () => 0, logger: silent, staleAfterMs: 60_000 };
  const stop = new AbortController();
  const done = new ZoneSource(options).run(stop.signal);
  ends.push(async () => {
    stop.abort();
    await done;
    await client.close();
    await cluster.close();
  });
  return zone;
}

const resolves = (zone: Zone, name: string, type: number = TYPE.A) =>
  vi.waitFor(() => expect(zone.answer(parseName(`${name}.default.svc.${ZONE}`), type).records?.answers.count).toBe(1), {
    timeout: 20_000,
  });

describe('a source over a cluster', () => {
  it('with v1alpha1 alone serves its imports, both addresses included, and follows an upgrade', async () => {
    const cluster = await startCluster({ crds: crdsOf('cilium'), workloads: false });
    const { api } = cluster;
    const old = serviceImport('default', 'old', { ips: ['10.0.0.1'] });
    const annotations = { 'fields.catamaran.dev/spec.ips': '["10.0.0.1","fd00::1"]' };
    api.create(IMPORTS, json({ ...old, metadata: { ...old.metadata, annotations } }));
    const zone = follow(cluster);
    await resolves(zone, 'old');
    await resolves(zone, 'old', TYPE.AAAA);
    for (const crd of crdsOf('v1beta1 only')) {
      const { name } = json(crd).metadata;
      const stored = api.get(DEFINITIONS, { name });
      api.update(
        DEFINITIONS,
        json({ ...CRDS.find(({ metadata }) => metadata.name === name), metadata: stored?.metadata }),
      );
      const both = api.get(DEFINITIONS, { name });
      api.updateStatus(DEFINITIONS, json({ ...both, status: { storedVersions: ['v1beta1'] } }));
      api.update(DEFINITIONS, json({ ...crd, metadata: { ...api.get(DEFINITIONS, { name })?.metadata } }));
    }
    const apiVersion = 'multicluster.x-k8s.io/v1beta1';
    api.create(IMPORTS, json({ ...serviceImport('default', 'new', { ips: ['10.0.0.2'] }), apiVersion }));
    await resolves(zone, 'new');
    await resolves(zone, 'old');
  });

  it('without CRDs serves imports as soon as they are installed', async () => {
    const cluster = await startCluster({ workloads: false });
    const zone = follow(cluster);
    for (const crd of crdsOf('0.4')) cluster.api.create(DEFINITIONS, json(crd));
    const web = json(serviceImport('default', 'web', { ips: ['10.0.0.1'] }));
    await vi.waitFor(() => cluster.api.create(IMPORTS, web));
    await resolves(zone, 'web');
  });
});
