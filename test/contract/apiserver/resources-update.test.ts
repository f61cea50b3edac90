/** Updates: fields that are kept, allocated and released, and rejections with their exact messages. */
import { expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { at } from '../../support/api-servers/both-servers.ts';
import { bothServers, pathIn } from './pair.ts';
import { CHANGES } from './resources-changes.ts';

const servers = bothServers();

it.each(CHANGES)('$title', async ({ resource, object, patch, replace, status }) => {
  const name = String(at(object, 'metadata', 'name'));
  const created = await servers().answers('POST', (namespace) => pathIn(resource, namespace), { body: object });
  expect(created.map((answer) => answer.status)).toEqual([201, 201]);

  const path = (namespace: string): string => pathIn(resource, namespace, name, ...(status ? ['status'] : []));
  const body: JsonObject = replace ? { ...object, ...replace } : (patch ?? {});
  const { real, kubesim } = await servers().compared(replace ? 'PUT' : 'PATCH', path, {
    body,
    ...(patch && { type: 'application/merge-patch+json' }),
  });
  expect(kubesim).toEqual(real);
});

it.each([
  ['Deployment', 'deployments'],
  ['ReplicaSet', 'replicasets'],
  ['StatefulSet', 'statefulsets'],
])('%s: the scale subresource', async (kind, plural) => {
  const resource = `/apis/apps/v1/${plural}`;
  const spec = {
    replicas: 0,
    selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['e', 'd'] }] },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'x' }] } },
  };
  const object = { apiVersion: 'apps/v1', kind, metadata: { name: 'scaled' }, spec };
  const created = await servers().answers('POST', (namespace) => pathIn(resource, namespace), { body: object });
  expect(created.map((answer) => answer.status)).toEqual([201, 201]);
  const path = (namespace: string): string => pathIn(resource, namespace, 'scaled', 'scale');
  const { real, kubesim } = await servers().compared('GET', path);
  expect(kubesim).toEqual(real);
  const refused = await servers().compared('PATCH', path, {
    body: { spec: { replicas: -1 } },
    type: 'application/merge-patch+json',
  });
  expect(refused.kubesim).toEqual(refused.real);
});
