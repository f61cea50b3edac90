/** Deletion of a CRD, with its objects and their dependents. Source: Kubernetes documentation, "Garbage Collection". */
import { expect, it } from 'vitest';
import { localServer, secret } from '../support/local-server.ts';
import { WIDGETS } from '../support/widgets.ts';

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
const WIDGET_RESOURCE = 'example.com/widgets';

it('dependents of custom objects are deleted with the CRD; owners of an unknown kind are not considered deleted', async () => {
  const { server } = localServer();
  const { name } = WIDGETS.metadata;
  server.api.create(DEFINITIONS, WIDGETS);
  await Promise.resolve();
  const apiVersion = 'example.com/v1';
  const kind = 'Widget';
  const { metadata } = server.api.create(WIDGET_RESOURCE, {
    apiVersion,
    kind,
    metadata: { name: 'a', namespace: 'default' },
    spec: { size: 1 },
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
  server.api.create(DEFINITIONS, WIDGETS);
  await expect.poll(() => server.api.list('/secrets').map(({ metadata: { name } }) => name)).toEqual(['other']);
});
