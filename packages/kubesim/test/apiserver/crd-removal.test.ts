/** What goes with a CRD: its objects, and what they own. Source: Kubernetes documentation, "Garbage Collection". */
import { expect, it } from 'vitest';
import { CRDS } from '../../../../src/api/crd-manifests.ts';
import { parseJson } from '../../../../src/api/json.ts';
import { localServer, secret } from './servers.ts';

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';

it('what an object of a CRD owns goes with the CRD; of an owner whose kind is not known nothing is known', async () => {
  const { server } = localServer();
  const name = 'serviceimports.multicluster.x-k8s.io';
  const crd = parseJson(JSON.stringify(CRDS.find(({ metadata }) => metadata.name === name)));
  server.api.create(DEFINITIONS, Object(crd));
  await Promise.resolve();
  const apiVersion = 'multicluster.x-k8s.io/v1beta1';
  const kind = 'ServiceImport';
  const { metadata } = server.api.create(IMPORTS, {
    apiVersion,
    kind,
    metadata: { name: 'a', namespace: 'default' },
    spec: { type: 'ClusterSetIP', ports: [{ port: 80 }] },
  });
  const ownedBy = (kind: string, uid: string) => ({ ownerReferences: [{ apiVersion, kind, name: 'a', uid }] });
  const place = { namespace: 'default' };
  server.api.create(
    '/secrets',
    secret('owned', { metadata: { ...place, name: 'owned', ...ownedBy(kind, metadata.uid) } }),
  );
  server.api.create('/secrets', secret('other', { metadata: { ...place, name: 'other', ...ownedBy('Nobody', 'x') } }));
  server.api.delete(DEFINITIONS, { name });
  await expect.poll(() => server.api.list('/secrets').map(({ metadata: { name } }) => name)).toEqual(['other']);
  const late = { ...place, name: 'late', ...ownedBy(kind, metadata.uid) };
  server.api.create('/secrets', secret('late', { metadata: late }));
  await Promise.resolve();
  expect(server.api.get('/secrets', { ...place, name: 'late' })).toBeDefined();
  server.api.create(DEFINITIONS, Object(crd));
  await expect.poll(() => server.api.list('/secrets').map(({ metadata: { name } }) => name)).toEqual(['other']);
});
