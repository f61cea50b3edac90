/** Addresses and node ports of Services: allocation, retention and release. */
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { type Answer, at, onBothServers } from '../../support/api-servers/both-servers.ts';

const WEB = [{ name: 'web', port: 80 }];
const IN_USE = 'provided IP is already allocated';

onBothServers((server) => {
  const path = (namespace: string, name = ''): string =>
    `/api/v1/namespaces/${namespace}/services${name === '' ? '' : `/${name}`}`;
  const create = (namespace: string, name: string, spec: JsonObject): Promise<Answer> =>
    server().request('POST', path(namespace), {
      body: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec },
    });
  const patch = (namespace: string, name: string, spec: JsonObject): Promise<Answer> =>
    server().request('PATCH', path(namespace, name), { body: { spec }, type: 'application/merge-patch+json' });
  const remove = (namespace: string, name: string): Promise<Answer> =>
    server().request('DELETE', path(namespace, name));
  const spec = (answer: Answer, ...field: readonly (string | number)[]): Json | undefined =>
    at(answer.body, 'spec', ...field);

  describe('addresses', () => {
    it('are unique and in the ranges of the cluster', async () => {
      const namespace = await server().namespace();
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          create(namespace, `s${i}`, { ports: WEB, ipFamilyPolicy: 'RequireDualStack' }),
        ),
      );
      const addresses = all.map((answer) => [spec(answer, 'clusterIPs', 0), spec(answer, 'clusterIPs', 1)].map(String));
      for (const [v4 = '', v6 = ''] of addresses) {
        expect(v4).toMatch(/^172\.17\./);
        expect(v6).toMatch(/^fd00:20:1::/);
      }
      expect(new Set(addresses.flat()).size).toBe(40);
    });

    it('can be chosen, by one Service at a time', async () => {
      const namespace = await server().namespace();
      const first = await create(namespace, 'first', { ports: WEB });
      const address = String(spec(first, 'clusterIP'));
      const second = await create(namespace, 'second', { ports: WEB, clusterIP: address });
      expect(second.status).toBe(422);
      expect(at(second.body, 'message')).toBe(
        `Service "second" is invalid: spec.clusterIPs: Invalid value: ["${address}"]: failed to allocate IP ${address}: ${IN_USE}`,
      );
      expect((await remove(namespace, 'first')).status).toBe(200);
      await expect
        .poll(async () => (await create(namespace, 'second', { ports: WEB, clusterIP: address })).status)
        .toBe(201);
    });

    it('are kept in updates that omit them', async () => {
      const namespace = await server().namespace();
      const created = await create(namespace, 'web', { ports: WEB });
      const updated = await server().request('PUT', path(namespace, 'web'), {
        body: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 81 }] } },
      });
      expect(updated.status).toBe(200);
      expect(spec(updated, 'clusterIP')).toBe(spec(created, 'clusterIP'));
      expect(spec(updated, 'clusterIPs')).toEqual(spec(created, 'clusterIPs'));
    });

    it('are released for ExternalName, and allocated again when the type changes back', async () => {
      const namespace = await server().namespace();
      const created = await create(namespace, 'web', { ports: WEB });
      const address = spec(created, 'clusterIP') ?? null;
      const named = await patch(namespace, 'web', { type: 'ExternalName', externalName: 'example.com' });
      expect(spec(named, 'clusterIP')).toBeUndefined();
      expect(spec(named, 'ipFamilies')).toBeUndefined();
      await expect
        .poll(async () => (await create(namespace, 'other', { ports: WEB, clusterIP: address })).status)
        .toBe(201);
      const again = await patch(namespace, 'web', { type: 'ClusterIP', externalName: null });
      expect(spec(again, 'clusterIP')).toMatch(/^172\.17\./);
      expect(spec(again, 'clusterIP')).not.toBe(address);
    });

    it('of a second family follow the policy; the first is kept', async () => {
      const namespace = await server().namespace();
      const created = await create(namespace, 'web', { ports: WEB });
      const both = await patch(namespace, 'web', { ipFamilyPolicy: 'RequireDualStack' });
      expect(spec(both, 'ipFamilies')).toEqual(['IPv4', 'IPv6']);
      const second = spec(both, 'clusterIPs', 1) ?? null;
      const single = await patch(namespace, 'web', { ipFamilyPolicy: 'SingleStack' });
      expect(spec(single, 'clusterIPs')).toEqual(spec(created, 'clusterIPs'));
      await expect
        .poll(async () => {
          const wanted = { ports: WEB, clusterIP: second, ipFamilies: ['IPv6'] };
          return (await create(namespace, 'six', wanted)).status;
        })
        .toBe(201);
    });

    it('are not allocated in a dry run', async () => {
      const namespace = await server().namespace();
      const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'dry' }, spec: { ports: WEB } };
      const dry = await server().request('POST', `${path(namespace)}?dryRun=All`, { body });
      expect(dry.status).toBe(201);
      expect((await server().request('GET', path(namespace, 'dry'))).status).toBe(404);
    });
  });

  describe('node ports', () => {
    it('are kept by port name, and released with a change of type', async () => {
      const namespace = await server().namespace();
      const created = await create(namespace, 'web', { type: 'NodePort', ports: WEB });
      const port = Number(spec(created, 'ports', 0, 'nodePort'));
      expect(port).toBeGreaterThanOrEqual(30_000);
      const updated = await server().request('PUT', path(namespace, 'web'), {
        body: {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'web' },
          spec: { type: 'NodePort', ports: [{ name: 'new', port: 79 }, ...WEB] },
        },
      });
      expect(spec(updated, 'ports', 1, 'nodePort')).toBe(port);
      expect(spec(updated, 'ports', 0, 'nodePort')).not.toBe(port);
      const refused = await create(namespace, 'other', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] });
      expect(at(refused.body, 'message')).toBe(
        `Service "other" is invalid: spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`,
      );
      const plain = await patch(namespace, 'web', { type: 'ClusterIP' });
      expect(spec(plain, 'ports', 1, 'nodePort')).toBeUndefined();
      await expect
        .poll(
          async () =>
            (await create(namespace, 'other', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] })).status,
        )
        .toBe(201);
    });

    it('may be shared by TCP and UDP of one port', async () => {
      const namespace = await server().namespace();
      const ports = [
        { name: 'tcp', port: 53 },
        { name: 'udp', port: 53, protocol: 'UDP' },
      ];
      const created = await create(namespace, 'dns', { type: 'NodePort', ports });
      expect(spec(created, 'ports', 0, 'nodePort')).toBe(spec(created, 'ports', 1, 'nodePort'));
    });

    it('are rejected outside the range', async () => {
      const namespace = await server().namespace();
      const answer = await create(namespace, 'web', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] });
      expect(at(answer.body, 'message')).toBe(
        'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
      );
    });
  });

  it('can be selected by type and address', async () => {
    const namespace = await server().namespace();
    await create(namespace, 'plain', { ports: WEB });
    await create(namespace, 'headless', { clusterIP: 'None' });
    const names = async (selector: string): Promise<Json> => {
      const answer = await server().request('GET', `${path(namespace)}?fieldSelector=${selector}`);
      const items = at(answer.body, 'items');
      return Array.isArray(items) ? items.map((item: Json) => at(item, 'metadata', 'name') ?? null) : null;
    };
    expect(await names('spec.clusterIP=None')).toEqual(['headless']);
    expect(await names('spec.clusterIP!=None,spec.type=ClusterIP')).toEqual(['plain']);
    expect(await names('spec.type=NodePort')).toEqual([]);
  });
});
