/**
 * The child process with the API server of a hostile member. `hostile-member.ts` starts it with its number and the
 * honest name, and sends the names of misdeeds over the IPC channel.
 */
import { startClusters } from 'kubesim';
import { CRDS } from '../../src/api/crd-manifests.ts';
import { HostileCluster } from '../../test/support/hostile/hostile-fleet.ts';
import { listenHostile } from '../../test/support/hostile/hostile-listener.ts';
import { campaign, HOSTILE_NAMESPACE, HOSTILE_SERVICES, type HonestName } from './campaign.ts';
import type { MisdeedName } from './misdeed-name.ts';

const { number, honest } = JSON.parse(process.argv[2] ?? '{}') as { number: number; honest: HonestName }; // from hostile-member.ts

// Networks are those of the last cluster.
const { clusters } = await startClusters({ clusters: number, crds: CRDS, workloads: false });
const cluster = clusters[number - 1];
if (!cluster) throw new Error(`no cluster ${number}`);
const hostile = new HostileCluster(cluster);
hostile.export(honest.namespace, honest.name, [1]);
for (let index = 0; index < HOSTILE_SERVICES; index++) hostile.export(HOSTILE_NAMESPACE, `svc-${index}`, [1]);
const listener = await listenHostile(hostile.server);
const commit = campaign(hostile, listener, honest);

process.on('disconnect', () => process.exit(0));
process.on('message', (name: MisdeedName) => commit(name));
const { podCIDRs, serviceCIDRs } = cluster.settings;
process.send?.({
  name: cluster.name,
  server: listener.url,
  token: cluster.token,
  ca: cluster.ca,
  podCIDRs,
  serviceCIDRs,
});
