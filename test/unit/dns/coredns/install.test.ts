/** Plans, writes and rollbacks on a fake API server; test/contract has the same on a real one. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/api/json.ts';
import type { Resource } from '../../../../src/api/resources.ts';
import { checkDns } from '../../../../src/dns/coredns/check.ts';
import { KUBEADM_NAMES } from '../../../../src/dns/coredns/coredns-objects.ts';
import { BACKUP, type InstallRequest, planInstall } from '../../../../src/dns/coredns/install.ts';
import { applyEdits } from '../../../../src/dns/coredns/object-edit.ts';
import { ApiError } from '../../../../src/kube/client/api-errors.ts';
import type { KubeClient } from '../../../../src/kube/client/client.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { clusterDnsObjects, KUBEADM_COREFILE } from '../../../support/dns/coredns-objects.ts';
import { ZONE } from '../../../support/dns/served-zone.ts';

/** The objects of a cluster, and the part of a client that these tests need. */
class Objects {
  readonly #held = new Map<string, JsonObject>();
  #version = 1;
  /** Users of the SubjectAccessReviews. */
  readonly reviewed = new Set<string>();
  mayReview = true;
  /** Errors of writes by kind; each entry fails one write. */
  readonly refusals: [kind: string, error: Error][] = [];

  put(object: JsonObject): void {
    const own = object.metadata as JsonObject & { name: string };
    const metadata = { ...own, resourceVersion: String(this.#version++) };
    this.#held.set(`${object.kind}/${own.name}`, { ...object, metadata });
  }

  get(kind: string, name: string): JsonObject {
    const found = this.#held.get(`${kind}/${name}`);
    if (!found) throw this.error(404, 'NotFound');
    return found;
  }

  list(kind: string): JsonObject[] {
    return [...this.#held.values()].filter((object) => object.kind === kind);
  }

  update(object: JsonObject): JsonObject {
    const { name, resourceVersion } = object.metadata as { name: string; resourceVersion: string };
    const kind = String(object.kind);
    const index = this.refusals.findIndex(([each]) => each === kind);
    const [refusal] = index < 0 ? [] : this.refusals.splice(index, 1);
    if (refusal) throw refusal[1];
    const held = this.get(kind, name).metadata as { resourceVersion: string };
    if (held.resourceVersion !== resourceVersion) throw this.error(409, 'Conflict');
    this.put(object);
    return this.get(kind, name);
  }

  error(status: number, reason: string): ApiError {
    const request = { cluster: 'east', verb: 'get', resource: 'x', object: '' };
    return new ApiError('CTM_API_STATUS', request, reason, { status, reason });
  }

  client(): KubeClient {
    const held = {
      cluster: 'east',
      get: async ({ kind }: Resource, { name }: { name: string }) => this.get(kind, name),
      list: async ({ kind }: Resource) => ({ items: this.list(kind), metadata: {} }),
      update: async (_: Resource, object: JsonObject) => this.update(object),
      create: async (_: Resource, _namespace: undefined, { spec }: { spec: { user: string } }) => {
        this.reviewed.add(spec.user);
        if (!this.mayReview) throw this.error(403, 'Forbidden');
        return { status: { allowed: true } };
      },
    };
    return held as unknown as KubeClient; // nothing else is called
  }

  get corefile(): { text: string; backup: string | undefined } {
    const { data, metadata } = this.get('ConfigMap', 'coredns') as {
      data: { Corefile: string };
      metadata: { annotations?: Record<string, string> };
    };
    return { text: data.Corefile, backup: metadata.annotations?.[BACKUP] };
  }

  get rules(): number {
    const { rules } = this.get('ClusterRole', KUBEADM_NAMES.clusterRole);
    return Array.isArray(rules) ? rules.length : 0;
  }
}

let objects: Objects;
let client: KubeClient;

beforeEach(() => {
  objects = new Objects();
  for (const object of clusterDnsObjects(KUBEADM_NAMES.namespace, KUBEADM_NAMES.clusterRole)) objects.put(object);
  client = objects.client();
});

const plan = (request: InstallRequest) => planInstall(client, KUBEADM_NAMES, request);
const apply = async (request: InstallRequest) => applyEdits(client, (await plan(request)).edits);

describe('two zones', () => {
  it('are removed one by one; with the last one the Corefile is restored and the rule removed', async () => {
    await apply({ mode: 'coredns', zone: ZONE });
    await apply({ mode: 'coredns', zone: 'other.example' });
    expect(objects.rules).toBe(3);
    await apply({ zone: ZONE });
    expect(objects.corefile).toMatchObject({
      text: expect.stringContaining('multicluster other.example'),
      backup: KUBEADM_COREFILE,
    });
    expect(objects.rules).toBe(3);
    await apply({ zone: 'other.example' });
    expect(objects.corefile).toEqual({ text: KUBEADM_COREFILE, backup: undefined });
    expect(objects.rules).toBe(2);
  });

  it('removing a zone that is not enabled changes nothing', async () => {
    await apply({ mode: 'stub', zone: ZONE, forward: '10.96.0.53' });
    expect((await plan({ zone: 'other.example' })).edits).toEqual([]);
  });
});

describe('a write that fails', () => {
  it('rolls back the earlier writes, and is reported', async () => {
    objects.refusals.push(['ConfigMap', objects.error(409, 'Conflict')]);
    await expect(apply({ mode: 'coredns', zone: ZONE })).rejects.toMatchObject({ status: 409 });
    expect(objects.rules).toBe(2);
  });

  it('is reported together with a rollback that failed', async () => {
    const planned = await plan({ mode: 'coredns', zone: ZONE });
    objects.refusals.push(['ConfigMap', new Error('the first error')]);
    const update = client.update;
    let roles = 0;
    const failing = Object.assign(Object.create(client), {
      update: (...args: Parameters<KubeClient['update']>) =>
        args[0].kind === 'ClusterRole' && ++roles > 1 ? Promise.reject(new Error('the second error')) : update(...args),
    });
    await expect(applyEdits(failing, planned.edits)).rejects.toMatchObject({
      code: 'CTM_DNS',
      message: expect.stringMatching(
        /^the first error; rollback failed \(ClusterRole.*the second error\); run the command again$/,
      ),
    });
  });

  it('on a conflict overwrites nothing', async () => {
    const planned = await plan({ mode: 'stub', zone: ZONE, forward: '10.96.0.53' });
    const mine = `${KUBEADM_COREFILE}# mine\n`;
    objects.put({ ...objects.get('ConfigMap', 'coredns'), data: { Corefile: mine } });
    await expect(applyEdits(client, planned.edits)).rejects.toMatchObject({ status: 409 });
    expect(objects.corefile.text).toBe(mine);
  });
});

describe('a missing object', () => {
  it('is reported with the option that sets its name', async () => {
    const names = { ...KUBEADM_NAMES, clusterRole: 'nope' };
    await expect(planInstall(client, names, { mode: 'coredns', zone: ZONE })).rejects.toMatchObject({
      code: 'CTM_COREFILE',
      message: expect.stringContaining(
        'ClusterRole nope not found in cluster east: pass the ClusterRole of CoreDNS with --cluster-role',
      ),
    });
  });
});

describe('catamaran dns check', () => {
  const check = async () => {
    const hops = await checkDns({
      client,
      names: KUBEADM_NAMES,
      zone: ZONE,
      timeoutMs: 500,
      clock: systemClock,
      random: () => 0.5,
    });
    return Object.fromEntries(hops.map(({ hop, result, seen }) => [hop, `${result}: ${seen}`]));
  };

  it('skips the hops that depend on a Corefile that could not be read', async () => {
    objects.put({ ...objects.get('ConfigMap', 'coredns'), data: {} });
    const hops = await check();
    expect(hops.Corefile).toMatch(/^wrong: .*no key Corefile/);
    for (const hop of ['CoreDNS RBAC', 'catamaran dns']) expect(hops[hop]).toBe('skipped: the Corefile hop failed');
  });

  it.each([
    ['the one in its Deployment', { serviceAccountName: 'dns' }, 'dns'],
    ['the default of the namespace', {}, 'default'],
    ['the name of CoreDNS without a Deployment', undefined, 'coredns'],
  ])('reviews the access of the service account of CoreDNS: %s', async (_, spec, account) => {
    await apply({ mode: 'coredns', zone: ZONE });
    if (spec) {
      const metadata = { name: 'coredns' };
      objects.put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { template: { spec } } });
    }
    expect((await check())['CoreDNS RBAC']).toMatch(/^ok: /);
    expect([...objects.reviewed]).toEqual([`system:serviceaccount:kube-system:${account}`]);
  });

  it('skips RBAC if it cannot create reviews, as in a pod of catamaran dns', async () => {
    await apply({ mode: 'coredns', zone: ZONE });
    objects.mayReview = false;
    expect((await check())['CoreDNS RBAC']).toMatch(/^skipped: .*subjectaccessreviews/);
  });

  it('does not query a Service without a cluster IP', async () => {
    const service = (name: string, clusterIP: string) =>
      objects.put({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { clusterIP } });
    service('a-headless', 'None');
    expect((await check())['cluster DNS']).toMatch(/^wrong: no Service .* with a cluster IP .* with --server$/);
    service('kube-dns', '::1');
    expect((await check())['cluster DNS']).toMatch(/^wrong: no response from \[::1\]:53 /);
  });
});
