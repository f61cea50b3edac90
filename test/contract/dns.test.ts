/** Every DNS case on Catamaran and on real CoreDNS, with the same objects on a real API server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rcodeName } from '../../src/dns/wire/protocol.ts';
import { type Message, parseMessage } from '../../src/dns/wire/wire-message.ts';
import { type CoreDns, multiclusterPlugins, startCoreDns } from '../../tools/controlplane/coredns.ts';
import { type Cluster, openCluster } from '../support/clusters/real-cluster.ts';
import { eventually, freshNamespace, installCrds } from '../support/clusters/shared-clusters.ts';
import { sharedPlane } from '../support/clusters/shared-planes.ts';
import { CASES, type Expected } from '../support/dns/cases.ts';
import { askTcp, askUdp, type Target } from '../support/dns/clients.ts';
import type { Difference } from '../support/dns/differences.ts';
import { caseObjects, importedSlice, serviceImport } from '../support/dns/objects.ts';
import { questionOf, shown, sorted } from '../support/dns/served-zone.ts';
import { serveZoneOf, type ZoneOfCluster } from '../support/dns/zone-of-cluster.ts';

const CROWD = Array.from({ length: 150 }, (_, i) => ({ ip: `10.1.9.${i}`, host: `crowd-${i}` }));
const CROWD_PORT = { name: 'crowd', protocol: 'TCP', port: 7 };

let cluster: Cluster;
let ns: string;
let coredns: CoreDns;
let server: ZoneOfCluster;
let catamaran: Target;

beforeAll(async () => {
  cluster = openCluster(sharedPlane());
  await installCrds(cluster);
  ns = await freshNamespace([cluster], 'dns');
  await cluster.apply(
    ...caseObjects(ns),
    serviceImport(ns, 'crowd', 'Headless', [CROWD_PORT]),
    importedSlice(ns, 'crowd', 'east', CROWD, [CROWD_PORT]),
  );
  coredns = await startCoreDns({ plugins: multiclusterPlugins(cluster.plane.kubeconfig, cluster.name) });
  server = await serveZoneOf(cluster.client);
  catamaran = server.address;
});

afterAll(async () => {
  await Promise.all([server?.[Symbol.asyncDispose](), coredns?.stop()]);
});

/** One query over UDP. */
async function ask(target: Target, question: string): Promise<Message> {
  const answer = await askUdp(target, questionOf(question.replaceAll('shop', ns)));
  if (!answer) throw new Error(`no answer to ${question}`);
  return parseMessage(answer);
}

/** A response in the format of the cases. */
function answerOf(message: Message): Expected {
  return JSON.parse(JSON.stringify(shown(message)).replaceAll(ns, 'shop'));
}

describe('a case on both servers', () => {
  it.each(CASES)('$ask', async ({ ask: question, catamaran: expected, coredns: other }) => {
    const { why: _, ...theirs } = other ?? { ...expected, why: undefined };
    await eventually(async () => {
      expect(answerOf(await ask(catamaran, question))).toEqual(sorted(expected));
      expect(answerOf(await ask(coredns, question))).toEqual(sorted(theirs));
    });
    const tcp = await askTcp(catamaran, questionOf(question.replaceAll('shop', ns)));
    expect(answerOf(parseMessage(tcp))).toEqual(sorted(expected));
  });

  it('that is negative has the same SOA on both, except for its serial', async () => {
    const soa = async (target: Target) =>
      (await ask(target, 'gone.shop.svc A')).authority.map(({ name, ttl, data }) => {
        return { name, ttl, data: data.replace(/(?<=\. )\d+ /, '') };
      });
    expect(await soa(catamaran)).toEqual(await soa(coredns));
  });
});

describe('unusual packets on both servers', () => {
  const WEB = questionOf('web.shop.svc A', 0);
  const end = WEB.length;
  const words = (packet: Buffer, patch: Readonly<Record<number, number>>) => {
    const copy = Buffer.from(packet);
    for (const [at, value] of Object.entries(patch)) copy.writeUInt16BE(value, Number(at));
    return copy;
  };
  const edns = questionOf('web.shop.svc A');

  it.each<[string, Buffer, string, Difference?]>([
    ['two questions', words(Buffer.concat([WEB, WEB.subarray(12)]), { 4: 2 }), 'FORMERR'],
    ['no question', words(WEB.subarray(0, 12), { 4: 0 }), 'FORMERR'],
    ['a dynamic update', words(WEB, { 2: 5 << 11 }), 'NOTIMP'],
    ['a status query', words(WEB, { 2: 2 << 11 }), 'NOTIMP'],
    ['CHAOS', words(WEB, { [end - 2]: 3 }), 'REFUSED'],
    ['EDNS 1', words(edns, { [edns.length - 6]: 1 }), 'BADVERS'],
    ['a truncated question', WEB.subarray(0, -3), 'FORMERR'],
    ['a label of 64 bytes', Buffer.concat([WEB.subarray(0, 12), Buffer.from([64]), Buffer.alloc(69)]), 'FORMERR'],
    [
      'a name that points to itself',
      Buffer.concat([WEB.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
      'FORMERR',
    ],
    ['trailing bytes', Buffer.concat([WEB, Buffer.alloc(3)]), 'FORMERR', 'tail'],
  ])('%s', async (_, packet, rcode, difference) => {
    const code = async (target: Target) => {
      const answer = await askUdp(target, packet);
      return answer && rcodeName(parseMessage(answer).rcode);
    };
    expect(await code(catamaran)).toBe(rcode);
    if (difference) expect(await code(coredns)).not.toBe(rcode);
    else expect(await code(coredns)).toBe(rcode);
  });

  it('a response packet gets no response from either', async () => {
    const response = words(WEB, { 2: 0x8000 });
    expect(await Promise.all([askUdp(catamaran, response, 300), askUdp(coredns, response, 300)])).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('both preserve the case of the queried name', async () => {
    const odd = questionOf('web.shop.svc A'.replaceAll('shop', ns));
    odd.write('wEB', 13, 'latin1');
    for (const target of [catamaran, coredns]) {
      const answer = await askUdp(target, odd);
      expect(answer?.subarray(12, odd.length - 11)).toEqual(odd.subarray(12, odd.length - 11));
      expect(parseMessage(answer ?? Buffer.alloc(0)).answers).toHaveLength(1);
    }
  });
});

describe('a response that is too long for UDP', () => {
  it('is truncated by both to the limit of the client, and complete over TCP', async () => {
    for (const target of [catamaran, coredns]) {
      for (const udpBytes of [0, 1232]) {
        const answer = await askUdp(target, questionOf(`crowd.${ns}.svc A`, udpBytes));
        expect(answer?.length).toBeLessThanOrEqual(Math.max(512, udpBytes));
        expect((answer?.readUInt16BE(2) ?? 0) & 0x0200).toBe(0x0200);
      }
      const whole = parseMessage(await askTcp(target, questionOf(`crowd.${ns}.svc A`)));
      expect(new Set(whole.answers.map(({ data }) => data)).size).toBe(CROWD.length);
    }
    const srv = questionOf(`_crowd._tcp.crowd.${ns}.svc SRV`);
    const [own, other] = [parseMessage(await askTcp(catamaran, srv)), parseMessage(await askTcp(coredns, srv))];
    expect(shown(own)).toEqual(shown(other));
  });
});

describe('a change of the objects', () => {
  it('appears in the responses of both', async () => {
    const port = [{ name: 'mysql', protocol: 'TCP', port: 3306 }];
    const addresses = async (target: Target) =>
      (await ask(target, 'late.shop.svc A')).answers.map(({ data }) => data).sort();
    const both = (expected: readonly string[]) =>
      eventually(async () => {
        expect(await addresses(catamaran)).toEqual(expected);
        expect(await addresses(coredns)).toEqual(expected);
      });
    await cluster.apply(serviceImport(ns, 'late', 'Headless', port));
    await cluster.apply(importedSlice(ns, 'late', 'east', [{ ip: '10.1.7.1' }], port));
    await both(['10.1.7.1']);
    await cluster.apply(importedSlice(ns, 'late', 'east', [{ ip: '10.1.7.1' }, { ip: '10.1.7.2' }], port));
    await both(['10.1.7.1', '10.1.7.2']);
    await cluster.apply(
      importedSlice(ns, 'late', 'east', [{ ip: '10.1.7.1', ready: false }, { ip: '10.1.7.2' }], port),
    );
    await both(['10.1.7.2']);
    await cluster.kubectl('delete', '-n', ns, 'serviceimport', 'late');
    await both([]);
  });
});
