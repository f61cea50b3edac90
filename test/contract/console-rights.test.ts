/** Whose token it is and what a user may do in the console, by both API servers. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/api/json.ts';
import { apiVersion, RESOURCES, type Resource } from '../../src/api/resources.ts';
import type { KubeClient } from '../../src/kube/client/client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { bearerTokens } from '../../src/server/console/sessions/bearer-tokens.ts';
import { onBothServers } from '../support/api-servers/both-servers.ts';
import { accessOf, clientOf, newNamespace } from './api-clients.ts';

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true } as const;
const ROLES: Resource = { ...RBAC, plural: 'roles', kind: 'Role' };
const ROLE_BINDINGS: Resource = { ...RBAC, plural: 'rolebindings', kind: 'RoleBinding' };
const SERVICE_ACCOUNTS: Resource = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};

onBothServers((server, name) => {
  let client: KubeClient;
  const namespaces: string[] = [];

  beforeAll(() => {
    client = clientOf(accessOf(server().access));
  });
  afterAll(async () => {
    for (const each of namespaces) await client.delete(RESOURCES.namespaces, { name: each });
    await client.close();
  });

  async function namespaceFor(prefix: string): Promise<string> {
    const created = await newNamespace(client, prefix);
    namespaces.push(created);
    return created;
  }

  it('accepts the token of the administrator, who sees and changes everything', async () => {
    const account = await bearerTokens(client, systemClock).authenticate?.(server().access.token);
    expect(account?.user).toMatch(/./);
    await account?.review(['default']);
    expect(account?.scope.all).toBe(true);
    const deed = { verb: 'delete', resource: 'serviceexports', namespace: 'default' } as const;
    await expect(account?.may(deed)).resolves.toBe(true);
  });

  it('accepts no other token', async () => {
    const { token } = server().access;
    const wrong = [`${token}x`, token.slice(1), '<script>', 'a.b.c', randomBytes(24).toString('hex'), ' ', 'x\n', 'é'];
    for (const each of wrong)
      await expect(bearerTokens(client, systemClock).authenticate?.(each)).resolves.toBeUndefined();
  });

  // kubesim has no RBAC.
  if (name === 'kubesim') return;

  describe('a user with rights in one namespace', () => {
    let own: string;
    let other: string;
    let token: string;

    beforeAll(async () => {
      [own, other] = await Promise.all([namespaceFor('own'), namespaceFor('other')]);
      const subject = { kind: 'ServiceAccount', namespace: own, name: 'ann' };
      await create(SERVICE_ACCOUNTS, { metadata: { name: 'ann' } });
      await create(ROLES, {
        metadata: { name: 'console' },
        rules: [
          {
            apiGroups: ['multicluster.x-k8s.io'],
            resources: ['serviceexports'],
            verbs: ['list', 'create'],
          },
        ],
      });
      await create(ROLE_BINDINGS, {
        metadata: { name: 'console' },
        roleRef: { apiGroup: RBAC.group, kind: 'Role', name: 'console' },
        subjects: [subject],
      });
      const request = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      };
      const { body } = await server().request('POST', `/api/v1/namespaces/${own}/serviceaccounts/ann/token`, {
        body: request,
      });
      expect(body).toMatchObject({ status: { token: expect.any(String) } });
      token = JSON.parse(JSON.stringify(body)).status.token;
    });

    const create = (resource: Resource, object: JsonObject) =>
      client.create(resource, own, { apiVersion: apiVersion(resource), kind: resource.kind, ...object });

    it('sees it alone, and may do there what the role allows', async () => {
      const account = await bearerTokens(client, systemClock).authenticate?.(token);
      expect(account?.user).toBe(`system:serviceaccount:${own}:ann`);
      await account?.review([own, other, 'kube-system', '<b>', 'none']);
      const sees = [own, other, 'kube-system', '<b>', 'none'].map((each) => account?.scope.sees(each));
      expect([account?.scope.all, ...sees]).toEqual([false, true, false, false, false, false]);
      const may = (verb: 'create' | 'delete', resource: 'serviceexports' | 'serviceimports', namespace: string) =>
        account?.may({ verb, resource, namespace });
      await expect(may('create', 'serviceexports', own)).resolves.toBe(true);
      await expect(may('delete', 'serviceexports', own)).resolves.toBe(false);
      await expect(may('create', 'serviceimports', own)).resolves.toBe(false);
      await expect(may('create', 'serviceexports', other)).resolves.toBe(false);
    });

    it('a token of a user who was deleted is no longer accepted', async () => {
      await client.delete(SERVICE_ACCOUNTS, { namespace: own, name: 'ann' });
      await expect
        .poll(() => bearerTokens(client, systemClock).authenticate?.(token), { timeout: 30_000, interval: 200 })
        .toBeUndefined();
    });
  });
});
