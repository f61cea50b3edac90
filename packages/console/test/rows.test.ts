import { QueryClient } from '@tanstack/react-query';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ServiceSummary } from '../../../src/server/console/api-types.ts';
import { keyOf, loadRows, patched, ROWS_KEY, type Rows, updateRows } from '../src/api/rows.ts';
import { filtered } from '../src/pages/row-filter.ts';

const row = (key: string, changes: Partial<ServiceSummary> = {}): ServiceSummary => {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name, state: 'Ready', exports: [], imports: [], ...changes };
};

const serve = (answer: (url: URL) => unknown) => {
  const fetched = vi.fn(async (path: string) => Response.json(answer(new URL(path, 'http://console'))));
  vi.stubGlobal('fetch', fetched);
  return fetched;
};

afterEach(() => vi.unstubAllGlobals());

describe('rows', () => {
  it('are replaced, added in order and removed', () => {
    const rows = ['a/one', 'a/two', 'b/one'].map((key) => row(key));
    const changed = row('a/two', { state: 'Conflict' });
    const result = patched(rows, new Set(['a/two', 'a/three', 'b/one']), [changed, row('a/three')]);
    expect(result.map(keyOf)).toEqual(['a/one', 'a/three', 'a/two']);
    expect(result[2]).toBe(changed);
    expect(result[0]).toBe(rows[0]);
  });

  it('are loaded page by page, and the first page is shown at once', async () => {
    const all = Array.from({ length: 250 }, (_, i) => row(`shop/s${String(i).padStart(3, '0')}`));
    serve(({ searchParams }) => {
      const after = searchParams.get('after') ?? '';
      const rest = all.filter((each) => keyOf(each) > after);
      const services = rest.slice(0, Number(searchParams.get('limit')));
      const last = services.at(-1);
      return { revision: 1, services, ...(services.length < rest.length && last && { next: keyOf(last) }) };
    });
    const client = new QueryClient();
    const seen: Rows[] = [];
    client.getQueryCache().subscribe(() => {
      const rows = client.getQueryData<Rows>(ROWS_KEY);
      if (rows) seen.push(rows);
    });
    const rows = await loadRows(client, AbortSignal.timeout(5_000));
    expect(rows.services.map(keyOf)).toEqual(all.map(keyOf));
    expect(seen[0]).toMatchObject({ complete: false, services: { length: 100 } });
  });

  it('are fetched again by key, 200 at a time', async () => {
    const fetched = serve(() => ({ revision: 2, services: [] }));
    const client = new QueryClient();
    const keys = Array.from({ length: 250 }, (_, i) => `shop/s${i}`);
    client.setQueryData<Rows>(ROWS_KEY, { services: keys.map((key) => row(key)), complete: true });
    await updateRows(client, keys, AbortSignal.timeout(5_000));
    expect(fetched).toHaveBeenCalledTimes(2);
    expect(client.getQueryData<Rows>(ROWS_KEY)?.services).toEqual([]);
  });
});

describe('the filter', () => {
  const rows = [
    row('shop/cart', { state: 'Conflict', exports: [{ member: 'osaka', state: 'Conflict', ready: 1, total: 1 }] }),
    row('shop/search'),
    row('infra/cart-db', { imports: [{ member: 'osaka', state: 'Ready', ready: 1 }] }),
  ];

  it.each([
    [{}, ['shop/cart', 'shop/search', 'infra/cart-db']],
    [{ q: 'CART' }, ['shop/cart', 'infra/cart-db']],
    [{ q: 'cart shop' }, ['shop/cart']],
    [{ state: 'Conflict' }, ['shop/cart']],
    [{ member: 'osaka' }, ['shop/cart', 'infra/cart-db']],
    [{ q: 'db', member: 'osaka' }, ['infra/cart-db']],
    [{ q: 'nothing' }, []],
  ])('%o shows %o', (filter, keys) => {
    expect(filtered(rows, filter).map(keyOf)).toEqual(keys);
  });
});
