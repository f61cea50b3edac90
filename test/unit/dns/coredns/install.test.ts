/** What is planned, written and put back, on an API server of the test's. test/contract has the same on a real one. */
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

/** The objects of a cluster. What is not asked of it here is not there. */
class Objects {
  readonly #held = new Map<string, JsonObject>();
  #version = 1;
  /** Users whose rights were asked for. */
  readonly reviewed = new Set<string>();
  mayReview = true;
  /** What a write throws, by kind; it is thrown once for each entry. */
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
    return held as unknown as KubeClient; // only these are called
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
  it('go one after the other, and with the last one the Corefile is as it was and the rule is gone', async () => {
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

  it('and a disable of one that is not there changes nothing', async () => {
    await apply({ mode: 'stub', zone: ZONE, forward: '10.96.0.53' });
    expect((await plan({ zone: 'other.example' })).edits).toEqual([]);
  });
});

describe('a write that fails', () => {
  it('takes back what was written before it, and is told', async () => {
    objects.refusals.push(['ConfigMap', objects.error(409, 'Conflict')]);
    await expect(apply({ mode: 'coredns', zone: ZONE })).rejects.toMatchObject({ status: 409 });
    expect(objects.rules).toBe(2);
  });

  it('is told, too, where what was written before it cannot be taken back', async () => {
    const planned = await plan({ mode: 'coredns', zone: ZONE });
    objects.refusals.push(['ConfigMap', new Error('the first fault')]);
    const update = client.update;
    let roles = 0;
    const failing = Object.assign(Object.create(client), {
      update: (...args: Parameters<KubeClient['update']>) =>
        args[0].kind === 'ClusterRole' && ++roles > 1 ? Promise.reject(new Error('the second fault')) : update(...args),
    });
    await expect(applyEdits(failing, planned.edits)).rejects.toMatchObject({
      code: 'CTM_DNS',
      message: expect.stringMatching(/^the first fault; what was written before stays.*ClusterRole.*the second fault/),
    });
  });

  it('of a ConfigMap that changed meanwhile overwrites nothing', async () => {
    const planned = await plan({ mode: 'stub', zone: ZONE, forward: '10.96.0.53' });
    const mine = `${KUBEADM_COREFILE}# mine\n`;
    objects.put({ ...objects.get('ConfigMap', 'coredns'), data: { Corefile: mine } });
    await expect(applyEdits(client, planned.edits)).rejects.toMatchObject({ status: 409 });
    expect(objects.corefile.text).toBe(mine);
  });
});

describe('what is missing', () => {
  it('is told with the option that names it', async () => {
    const names = { ...KUBEADM_NAMES, clusterRole: 'nope' };
    await expect(planInstall(client, names, { mode: 'coredns', zone: ZONE })).rejects.toMatchObject({
      code: 'CTM_COREFILE',
      message: expect.stringContaining("no ClusterRole nope: name CoreDNS' own by --cluster-role"),
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

  it('does not say that nothing is needed where the Corefile could not be read', async () => {
    objects.put({ ...objects.get('ConfigMap', 'coredns'), data: {} });
    const hops = await check();
    expect(hops.Corefile).toMatch(/^wrong: .*no key Corefile/);
    for (const hop of ['CoreDNS’ rights', 'catamaran dns'])
      expect(hops[hop]).toBe('skipped: how CoreDNS comes to the zone is not known');
  });

  it.each([
    ['that of its Deployment', { serviceAccountName: 'dns' }, 'dns'],
    ['the default one of the namespace', {}, 'default'],
    ['the name of CoreDNS where no Deployment is there', undefined, 'coredns'],
  ])('asks for the rights of the account that CoreDNS runs as: %s', async (_, spec, account) => {
    await apply({ mode: 'coredns', zone: ZONE });
    if (spec) {
      const metadata = { name: 'coredns' };
      objects.put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { template: { spec } } });
    }
    expect((await check())['CoreDNS’ rights']).toMatch(/^ok: /);
    expect([...objects.reviewed]).toEqual([`system:serviceaccount:kube-system:${account}`]);
  });

  it('does not call rights wrong that it may not see, as in a pod of catamaran dns', async () => {
    await apply({ mode: 'coredns', zone: ZONE });
    objects.mayReview = false;
    expect((await check())['CoreDNS’ rights']).toMatch(/^skipped: .*subjectaccessreviews/);
  });

  it('asks no Service that has no address', async () => {
    const service = (name: string, clusterIP: string) =>
      objects.put({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { clusterIP } });
    service('a-headless', 'None');
    expect((await check())['cluster DNS']).toMatch(/^wrong: .* with an address: name the address by --server/);
    service('kube-dns', '::1');
    expect((await check())['cluster DNS']).toMatch(/^wrong: \[::1\]:53 /);
  });
});
