/** What happens after a change is written: it is followed until it works, or taken back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import { type EnableZone, enableZone } from '../../../../src/dns/coredns/enable.ts';
import type { ObjectEdit } from '../../../../src/dns/coredns/object-edit.ts';
import type { DnsRoute } from '../../../../src/dns/coredns/routes.ts';
import { RCODE } from '../../../../src/dns/wire/protocol.ts';
import type { Message } from '../../../../src/dns/wire/wire-message.ts';
import type { KubeClient, RawObject } from '../../../../src/kube/client/client.ts';
import { type DnsCluster, K8S, startDnsCluster } from '../../../support/dns/dns-cluster.ts';

const OWN = 'kubernetes.default.svc.cluster.local';
const NAME = { namespace: 'kube-system', name: 'coredns' };

let cluster: DnsCluster;
let edit: ObjectEdit;
/** Milliseconds; sleeping adds to it. */
let now: number;

beforeEach(async () => {
  cluster = await startDnsCluster();
  now = 0;
  await cluster.put(K8S.configMaps, { metadata: NAME, data: { Corefile: 'before' } });
  const before = await cluster.client.get<RawObject>(K8S.configMaps, NAME);
  edit = { resource: K8S.configMaps, title: 'ConfigMap', before, after: edited(before), lines: [] };
});
const edited = (object: JsonObject): JsonObject => ({ ...object, data: { Corefile: 'after' } });
afterEach(() => cluster[Symbol.asyncDispose]());

const corefile = async () => (await cluster.get(K8S.configMaps, 'coredns', 'kube-system'))?.data;

/** A server whose answers depend on the name and the seconds since the start. */
function server(where: string, rcodeOf: (name: string, second: number) => number | Error): DnsRoute {
  return {
    where,
    async ask(name): Promise<Message> {
      const rcode = rcodeOf(name, now / 1000);
      if (rcode instanceof Error) throw rcode;
      const record = { name: '', type: 1, ttl: 5, data: '10.0.0.1' };
      const answers = rcode === RCODE.NOERROR ? [record] : [];
      return { id: 1, flags: 0, rcode, question: undefined, answers, authority: [], additional: [] };
    },
  };
}

const lines: string[] = [];

function enable(routes: readonly DnsRoute[], options: Partial<EnableZone> = {}): Promise<string> {
  lines.length = 0;
  return enableZone({
    client: cluster.client,
    edits: [edit],
    routes: async () => routes,
    pods: async () => [],
    zone: 'clusterset.local',
    ownName: OWN,
    waitMs: 180_000,
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
    signal: new AbortController().signal,
    progress: (line) => lines.push(line),
    ...options,
  });
}

const servesAfter = (seconds: number) => (name: string, second: number) =>
  name === OWN || second >= seconds ? RCODE.NOERROR : RCODE.NXDOMAIN;

it('waits until every server answers for the zone', async () => {
  const done = await enable([server('a', servesAfter(20)), server('b', servesAfter(75))]);
  expect(done).toBe('Done. The DNS of the cluster serves clusterset.local.\n');
  expect([now, await corefile()]).toEqual([75_000, { Corefile: 'after' }]);
});

describe('is taken back', () => {
  it('if the cluster’s own names stop resolving on one server', async () => {
    const broken = (name: string, second: number) => (name === OWN && second >= 30 ? RCODE.SERVFAIL : RCODE.NOERROR);
    await expect(enable([server('a', servesAfter(99)), server('b', broken)])).rejects.toMatchObject({
      code: 'CTM_DNS',
      message: `the cluster’s own names stopped resolving: b returned SERVFAIL with 0 records for ${OWN}; the change was taken back`,
    });
    expect([now, await corefile()]).toEqual([32_000, { Corefile: 'before' }]);
  });

  it('if the zone is not served in time', async () => {
    await expect(enable([server('a', servesAfter(999))])).rejects.toMatchObject({
      message:
        'clusterset.local is not served: a returned NXDOMAIN with 0 records for dns-version.clusterset.local; the change was taken back',
    });
    expect(await corefile()).toEqual({ Corefile: 'before' });
  });

  it('if the zone is served but not synced, as without the CRDs (D1)', async () => {
    const unsynced = (name: string) => (name.startsWith('catamaran-dns-check.') ? RCODE.SERVFAIL : RCODE.NOERROR);
    await expect(enable([server('a', unsynced)])).rejects.toThrow(/which does not exist: it is not synced; the change/);
    expect(await corefile()).toEqual({ Corefile: 'before' });
  });

  it('if the user stops the command', async () => {
    const stop = AbortSignal.abort(new Error('stopped'));
    await expect(enable([server('a', servesAfter(999))], { signal: stop })).rejects.toThrow(
      'the change was taken back',
    );
    expect(await corefile()).toEqual({ Corefile: 'before' });
  });

  it('but not over the change of another client, which is reported', async () => {
    let clientFailed = false;
    const racing = server('a', (name, second) => {
      if (second >= 10 && !clientFailed) {
        clientFailed = true;
        void cluster.client.patch(K8S.configMaps, NAME, { data: { Corefile: 'theirs' } });
      }
      return name === OWN ? RCODE.NOERROR : RCODE.NXDOMAIN;
    });
    await expect(enable([racing])).rejects.toThrow(
      /could not be taken back \(ConfigMap: .*409.*run catamaran dns disable$/,
    );
    expect(await corefile()).toEqual({ Corefile: 'theirs' });
  });

  it('together with what was created', async () => {
    const metadata = { namespace: 'kube-system', name: 'new' };
    const created = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} };
    const creation: ObjectEdit = { resource: K8S.configMaps, title: 'new', after: created, lines: [] };
    const edits = [creation, edit];
    await expect(enable([server('a', servesAfter(999))], { edits })).rejects.toThrow('taken back');
    expect(await cluster.get(K8S.configMaps, 'new', 'kube-system')).toBeUndefined();
  });
});

it('tolerates a query without an answer, as of a pod that terminates', async () => {
  const lossy = (name: string, second: number) => {
    if (name === OWN && (second === 3 || second === 4)) return new Error('no response within 5 s');
    return servesAfter(20)(name, second);
  };
  await enable([server('a', lossy)]);
  expect(await corefile()).toEqual({ Corefile: 'after' });
});

it.each([
  ['no server can be asked', [], 'no running DNS server that can be asked was found'],
  ['the cluster’s own names do not resolve before', [server('a', () => RCODE.SERVFAIL)], 'a returned SERVFAIL'],
])('writes without verifying, and says so, if %s', async (_, routes, reason) => {
  expect(await enable(routes)).toBe('Done. CoreDNS reloads its configuration within two minutes.\n');
  expect(lines).toEqual([expect.stringMatching(new RegExp(`^Note: ${reason}.*; the change was not verified`))]);
  expect(await corefile()).toEqual({ Corefile: 'after' });
});

it('does not wait with --wait 0', async () => {
  const never = server('a', () => new Error('must not be asked'));
  expect(await enable([never], { waitMs: 0 })).toBe('Done. CoreDNS reloads its configuration within two minutes.\n');
});

it('a write that fails rolls back the earlier ones', async () => {
  const { client } = cluster;
  const refusing = {
    cluster: client.cluster,
    create: client.create.bind(client),
    delete: client.delete.bind(client),
    update: () => Promise.reject(new Error('refused')),
  } as unknown as KubeClient; // nothing else is called
  const metadata = { namespace: 'kube-system', name: 'new' };
  const creation = {
    resource: K8S.configMaps,
    title: 'new',
    after: { apiVersion: 'v1', kind: 'ConfigMap', metadata },
    lines: [],
  };
  await expect(enable([], { client: refusing, edits: [creation, edit] })).rejects.toThrow('refused');
  expect(await cluster.get(K8S.configMaps, 'new', 'kube-system')).toBeUndefined();
});
