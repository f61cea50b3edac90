/** CoreDNS answers for imports and their slices, by its option `multicluster`. */
import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CoreDns, multiclusterPlugins, startCoreDns } from '../../tools/controlplane/coredns.ts';
import { versionOf } from '../../tools/interop/binaries.ts';
import { eventually } from '../support/clusters/shared-clusters.ts';
import { type ExportingFleet, NAME, startExporting } from './exporting-fleet.ts';
import { show } from './table.ts';

const NS = 'interop-coredns';

let fleet: ExportingFleet;
let coredns: CoreDns;
const resolver = new Resolver({ timeout: 1_000, tries: 2 });

beforeAll(async () => {
  fleet = await startExporting(NS, { clusterIP: 'None' });
  const { plane } = fleet.consumer;
  coredns = await startCoreDns({ plugins: multiclusterPlugins(plane.kubeconfig, plane.name) });
  resolver.setServers([`${coredns.host}:${coredns.port}`]);
});

afterAll(async () => {
  await coredns.stop();
  await fleet.stop();
});

/** Waits until the name has the addresses of these endpoints. */
function resolvesTo(endpoints: readonly string[]): Promise<void> {
  return eventually(async () => {
    const found = await resolver.resolve4(`${NAME}.${NS}.svc.clusterset.local`).catch(() => []);
    expect(found.toSorted().map((address) => `${address}:8080`)).toEqual(endpoints);
  });
}

it('answers with the endpoints of the exporting cluster, and follows them', async () => {
  await fleet.scale(1);
  await fleet.export();
  await resolvesTo(await fleet.scale(2));
  await resolvesTo(await fleet.scale(3));
  await resolvesTo(await fleet.scale(1));
  await fleet.unexport();
  await resolvesTo([]);
  await fleet.export();
  await resolvesTo(await fleet.scale(2));
  show({
    consumer: 'CoreDNS, kubernetes plugin',
    version: versionOf('coredns', 'github.com/coredns/coredns'),
    shown: 'a headless import resolves to the remote endpoints; follows scaling, unexport, export',
  });
});
