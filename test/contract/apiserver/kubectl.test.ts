/** Stock kubectl, as users run it: output and errors. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findBinary } from '../../../tools/controlplane/binaries.ts';
import { run } from '../../../tools/controlplane/component.ts';
import { onBothServers } from '../../support/api-servers/both-servers.ts';

const DEPLOYMENT = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80 }] }] },
    },
  },
});
const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
};
const APP = [DEPLOYMENT(0), SERVICE];
const CHANGED = { ...SERVICE, spec: { ...SERVICE.spec, ports: [{ port: 81 }] } };

onBothServers((server) => {
  const dir = mkdtempSync(join(tmpdir(), 'catamaran-kubectl-'));
  let namespace: string;

  beforeAll(async () => {
    namespace = await server().namespace('kubectl');
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  /** The output of kubectl or, if it fails, its error message. */
  async function kubectl(line: string, ...manifests: readonly object[]): Promise<string> {
    const { kubeconfig } = server().access;
    const args = ['--kubeconfig', kubeconfig, `--cache-dir=${dir}`, '-n', namespace, ...line.split(' ')];
    const input = manifests.map((manifest) => stringify(manifest)).join('---\n');
    const text = await run(findBinary('kubectl'), args, { input }).catch((error: Error) =>
      error.message.slice(error.message.indexOf('\n') + 1),
    );
    return text.trim().replaceAll(namespace, 'NAMESPACE');
  }

  it.each([
    ['create configmap one --from-literal=a=b', 'configmap/one created'],
    ['get configmap one -o jsonpath={.data}', '{"a":"b"}'],
    ['create configmap one', 'error: failed to create configmap: configmaps "one" already exists'],
    ['create secret generic s --from-literal=a=b', 'secret/s created'],
    ['get secret s -o jsonpath={.type}:{.data.a}', 'Opaque:Yg=='],
    ['create serviceaccount bob', 'serviceaccount/bob created'],
    ['create service clusterip svc --tcp=80:8080', 'service/svc created'],
    ['get service svc -o jsonpath={.spec.ports}', '[{"name":"80-8080","port":80,"protocol":"TCP","targetPort":8080}]'],
    ['create deployment d --image=nginx --port=80 --replicas=0', 'deployment.apps/d created'],
    [
      'get deployment d -o jsonpath={.spec.template.spec.containers[0].ports}',
      '[{"containerPort":80,"protocol":"TCP"}]',
    ],
    ['expose deployment d --port=80', 'service/d exposed'],
    ['create role r --verb=get,list --resource=pods', 'role.rbac.authorization.k8s.io/r created'],
    ['get role r -o jsonpath={.rules}', '[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}]'],
    ['create rolebinding rb --role=r --serviceaccount=default:bob', 'rolebinding.rbac.authorization.k8s.io/rb created'],
    ['create namespace default', 'Error from server (AlreadyExists): namespaces "default" already exists'],
    ['auth can-i create pods', 'yes'],
    ['label configmap one x=y', 'configmap/one labeled'],
    ['label configmap one x=z', "error: 'x' already has a value (y), and --overwrite is false"],
    ['annotate configmap one x=y', 'configmap/one annotated'],
    ['get configmap -l x=y -o name', 'configmap/one'],
    ['scale deployment d --replicas=0 --current-replicas=0', 'deployment.apps/d scaled'],
    ['patch configmap one -p {"data":{"a":null,"c":"d"}}', 'configmap/one patched'],
    ['patch configmap one --type=json -p [{"op":"remove","path":"/data/c"}]', 'configmap/one patched'],
    ['patch configmap one --type=merge -p {}', 'configmap/one patched (no change)'],
    ['get configmap one -o jsonpath={.data}', ''],
    ['wait configmap one --for=jsonpath={.metadata.labels.x}=y --timeout=10s', 'configmap/one condition met'],
    ['get configmap none', 'Error from server (NotFound): configmaps "none" not found'],
    ['get nothings', 'error: the server doesn\'t have a resource type "nothings"'],
    ['delete configmap one', 'configmap "one" deleted from NAMESPACE namespace'],
    ['delete configmap one', 'Error from server (NotFound): configmaps "one" not found'],
    ['delete configmap one --ignore-not-found', ''],
    ['delete secret --all --wait', 'secret "s" deleted from NAMESPACE namespace'],
    ['get secrets -o name', ''],
    ['get --raw /readyz', 'ok'],
  ])('%s', async (line, printed) => {
    expect(await kubectl(line)).toBe(printed);
  });

  it('get shows a table', async () => {
    const lines = (await kubectl('get service svc --show-labels')).split('\n');
    expect(lines[0]?.split(/ +/)).toEqual(['NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE', 'LABELS']);
    expect(lines[1]).toMatch(/^svc +ClusterIP +[\d.]+ +<none> +80\/TCP +\d+s +app=svc$/);
  });

  it('api-resources knows kinds and short names', async () => {
    const lines = (await kubectl('api-resources --api-group=apps')).split('\n');
    expect(lines.map((line) => line.split(/ +/).join(' '))).toEqual(
      expect.arrayContaining([
        'NAME SHORTNAMES APIVERSION NAMESPACED KIND',
        'deployments deploy apps/v1 true Deployment',
        'statefulsets sts apps/v1 true StatefulSet',
      ]),
    );
  });

  describe('apply', () => {
    it('creates, leaves unchanged, changes', async () => {
      expect(await kubectl('apply -f -', ...APP)).toBe('deployment.apps/web created\nservice/web created');
      expect(await kubectl('apply -f -', ...APP)).toBe('deployment.apps/web unchanged\nservice/web unchanged');
      expect(await kubectl('apply --dry-run=server -f -', CHANGED)).toBe('service/web configured (server dry run)');
      expect(await kubectl('diff -f -', CHANGED)).toContain('-  - port: 80\n+  - port: 81');
      expect(await kubectl('apply -f -', CHANGED)).toBe('service/web configured');
      expect(await kubectl('get service web -o jsonpath={.spec.ports[*].port}')).toBe('81');
    });

    it('server-side: reports conflicts, and takes over with force', async () => {
      expect(await kubectl('apply --server-side -f -', DEPLOYMENT(0), CHANGED)).toBe(
        'deployment.apps/web serverside-applied\nservice/web serverside-applied',
      );
      const mine = { ...SERVICE, spec: { selector: { app: 'mine' } } };
      expect(await kubectl('apply --server-side --field-manager=me -f -', mine)).toMatch(
        /^error: Apply failed with 1 conflict: conflict with "kubectl": \.spec\.selector\n/,
      );
      expect(await kubectl('apply --server-side --field-manager=me --force-conflicts -f -', mine)).toBe(
        'service/web serverside-applied',
      );
      expect(await kubectl('get service web -o jsonpath={.spec.selector.app}')).toBe('mine');
    });

    it('rejects unknown fields', async () => {
      const odd = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'odd' }, dato: { a: 'b' } };
      expect(await kubectl('apply -f -', odd)).toBe(
        'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dato"',
      );
    });

    it('applies the items of a List', async () => {
      const items = ['l1', 'l2'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }));
      const list = { apiVersion: 'v1', kind: 'List', items };
      expect(await kubectl('create -f -', list)).toBe('configmap/l1 created\nconfigmap/l2 created');
      expect(await kubectl('apply --server-side -f -', list)).toBe(
        'configmap/l1 serverside-applied\nconfigmap/l2 serverside-applied',
      );
      expect(await kubectl('delete -f -', list)).toMatch(/^configmap "l1" deleted .*\nconfigmap "l2" deleted/);
    });

    it('reports a missing CRD for an unknown kind', async () => {
      const foo = { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'x' } };
      expect(await kubectl('apply -f -', foo)).toBe(
        'error: resource mapping not found for name: "x" namespace: "" from "STDIN": no matches for kind "Foo" in version "example.com/v1"\nensure CRDs are installed first',
      );
    });

    it('replaces and deletes by manifest', async () => {
      expect(await kubectl('replace -f -', DEPLOYMENT(0))).toBe('deployment.apps/web replaced');
      expect(await kubectl('delete --wait -f -', ...APP)).toBe(
        'deployment.apps "web" deleted from NAMESPACE namespace\nservice "web" deleted from NAMESPACE namespace',
      );
    });
  });

  it('explain reads the schemas', async () => {
    const text = await kubectl('explain deployment.spec.replicas');
    expect(text).toMatch(/^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n\nFIELD: replicas <integer>\n/);
  });

  it('get -w shows changes', async () => {
    const watching = kubectl('get configmap -w -o name --field-selector=metadata.name=later --request-timeout=4s');
    // kubectl does not report when its watch has started; it prints both existing and new objects.
    await kubectl('create configmap later');
    expect(await watching).toContain('configmap/later');
  });
});
