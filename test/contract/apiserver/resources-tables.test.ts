/**
 * Tables of built-in resources, as printed by `kubectl get`: columns, and cells of objects that are equal on both
 * servers.
 */
import { beforeAll, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { isJsonObject } from '../../../src/api/json.ts';
import { at } from '../../support/api-servers/both-servers.ts';
import { bothServers, pathIn } from './pair.ts';
import { TABLES } from './resources-tables.ts';

const servers = bothServers();
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
/** Ages of objects created by this test: seconds, or minutes on a very slow machine. */
const AGE = /^(<1s|\d+s|\d+m(\d+s)?)$/;

beforeAll(async () => {
  for (const { resource, objects } of TABLES) {
    for (const { object, status } of objects) {
      const name = String(at(object, 'metadata', 'name'));
      const created = await servers().answers('POST', (namespace) => pathIn(resource, namespace), { body: object });
      expect(
        created.map((answer) => answer.status),
        name,
      ).toEqual([201, 201]);
      if (!status) continue;
      const patched = await servers().answers('PATCH', (namespace) => pathIn(resource, namespace, name, 'status'), {
        body: { status },
        type: 'application/merge-patch+json',
      });
      expect(
        patched.map((answer) => answer.status),
        name,
      ).toEqual([200, 200]);
    }
  }
});

function columns(answer: Json | undefined): Json {
  const list = at(answer, 'body', 'columnDefinitions');
  if (!Array.isArray(list)) return null;
  return list.map((column: Json) => (isJsonObject(column) ? withoutDescription(column) : column));
}

/** Descriptions are specific to kubesim; no tool prints them. */
function withoutDescription({ description: _, ...column }: JsonObject): JsonObject {
  return column;
}

function cells(answer: Json | undefined, name: string): Json {
  const rows = at(answer, 'body', 'rows');
  if (!Array.isArray(rows)) return null;
  const row = rows.find((one: Json) => at(one, 'object', 'metadata', 'name') === name);
  const list = at(row, 'cells');
  if (!Array.isArray(list)) return null;
  return list.map((cell: Json) => (typeof cell === 'string' && AGE.test(cell) ? 'AGE' : cell));
}

it.each(TABLES)('columns of $kind', async ({ resource, cluster }) => {
  const { real, kubesim } = await servers().compared(
    'GET',
    (namespace) => `${pathIn(resource, cluster ? undefined : namespace)}?limit=1`,
    { headers: TABLE },
  );
  expect(columns(kubesim)).toEqual(columns(real));
  expect(columns(real)).not.toBeNull();
});

const ROWS = TABLES.flatMap(({ kind, resource, objects }) =>
  objects.map(({ title, object }) => ({
    title: `${kind}: ${title}`,
    resource,
    name: String(at(object, 'metadata', 'name')),
  })),
);

it.each(ROWS)('$title', async ({ resource, name }) => {
  const { real, kubesim } = await servers().compared('GET', (namespace) => pathIn(resource, namespace, name), {
    headers: TABLE,
  });
  expect(cells(kubesim, name)).toEqual(cells(real, name));
  expect(cells(real, name)).not.toBeNull();
});
