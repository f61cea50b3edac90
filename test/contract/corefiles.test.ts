/** The Corefiles of the platforms, before and after each edit, served by the real CoreDNS. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addZone } from '../../src/dns/coredns/corefile-edit.ts';
import { inspectZone } from '../../src/dns/coredns/zone-state.ts';
import { rcodeName } from '../../src/dns/wire/protocol.ts';
import { parseMessage } from '../../src/dns/wire/wire-message.ts';
import { type Cluster, openCluster } from '../support/clusters/real-cluster.ts';
import { eventually, installCrds } from '../support/clusters/shared-clusters.ts';
import { sharedPlane } from '../support/clusters/shared-planes.ts';
import { askUdp } from '../support/dns/clients.ts';
import { COREFILES, type CorefileCase } from '../support/dns/corefiles.ts';
import { type RunningCorefile, runCorefile } from '../support/dns/run-corefile.ts';
import { questionOf } from '../support/dns/served-zone.ts';
import { serveZoneOf, type ZoneOfCluster } from '../support/dns/zone-of-cluster.ts';

const ZONE = 'clusterset.local';
const OWN = 'kubernetes.default.svc.cluster.local';

let cluster: Cluster;
let zone: ZoneOfCluster;

beforeAll(async () => {
  cluster = openCluster(sharedPlane());
  await installCrds(cluster);
  zone = await serveZoneOf(cluster.client);
});
afterAll(() => zone?.[Symbol.asyncDispose]());

const forward = () => `127.0.0.1:${zone.address.port}`;

function run(each: CorefileCase, text: string): Promise<RunningCorefile> {
  return runCorefile(each, text, { kubeconfig: cluster.plane.kubeconfig, clusterDns: forward() });
}

/** In ms. A server that has just started drops what comes before it listens. */
const SHORT = 200;

/** `NOERROR 1`: response code and number of records. */
async function answer({ target, failure }: RunningCorefile, question: string, ms = SHORT): Promise<string> {
  const ended = await failure();
  if (ended !== undefined) return ended;
  const bytes = await askUdp(target, questionOf(question), ms);
  if (!bytes) return 'no response';
  const { rcode, answers } = parseMessage(bytes);
  return `${rcodeName(rcode)} ${answers.length}`;
}

const startable = COREFILES.filter(({ cannotStart }) => cannotStart === undefined);

describe.each(startable)('$name', (each) => {
  const { text, answers = OWN, modes = ['coredns', 'stub'] } = each;

  it('serves the cluster’s own names before the edit, and no clusterset zone', async () => {
    expect(inspectZone(text, ZONE).mode).toBeUndefined();
    await using before = await run(each, text);
    if (answers !== 'none')
      await eventually(async () => expect(await answer(before, `${answers}. A`)).toBe('NOERROR 1'));
    expect(await answer(before, '@ SOA', 1_000)).not.toBe('NOERROR 1');
  });

  it.each(modes)('serves both after the edit in mode %s', async (mode) => {
    const local = each.name.startsWith('NodeLocal') ? {} : { forward: forward() };
    const edited = addZone(text, { mode, zone: ZONE, ...(mode === 'stub' && local) });
    await using after = await run(each, edited);
    await eventually(async () => expect(await answer(after, 'dns-version TXT')).toBe('NOERROR 1'));
    if (answers !== 'none')
      await eventually(async () => expect(await answer(after, `${answers}. A`)).toBe('NOERROR 1'));
  });
});

it.each(COREFILES.filter(({ cannotStart }) => cannotStart !== undefined))(
  '$name: CoreDNS cannot start with it, before any edit, since $cannotStart',
  async (each) => {
    await using before = await run(each, each.text);
    await eventually(async () => expect(await before.failure()).toMatch(/^code [1-9]/));
  },
);
