/** What becomes of changes: what is kept, allocated and given back, and what is refused in which words. */
import { expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/meta.ts';
import { bothServers, pathIn } from './pair.ts';
import { CHANGES } from './resources-changes.ts';
import { at } from './servers.ts';

const servers = bothServers();

it.each(CHANGES)('$title', async ({ resource, object, patch, replace, status }) => {
  const name = String(at(object, 'metadata', 'name'));
  const created = await servers().answers('POST', (namespace) => pathIn(resource, namespace), { body: object });
  expect(created.map((answer) => answer.status)).toEqual([201, 201]);

  const path = (namespace: string): string => pathIn(resource, namespace, name, ...(status ? ['status'] : []));
  const body: JsonObject = replace ? { ...object, ...replace } : (patch ?? {});
  const { real, sandbox } = await servers().compared(replace ? 'PUT' : 'PATCH', path, {
    body,
    ...(patch && { type: 'application/merge-patch+json' }),
  });
  expect(sandbox).toEqual(real);
});
