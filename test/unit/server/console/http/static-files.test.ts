import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { staticFiles } from '../../../../../src/server/console/http/static-files.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catamaran-page-'));
  await mkdir(join(dir, 'page', 'assets'), { recursive: true });
  await writeFile(join(dir, 'page', 'index.html'), '<p>page</p>');
  await writeFile(join(dir, 'page', 'assets', 'main-abc.js'), 'run()');
  await writeFile(join(dir, 'page', '.secret.js'), 'hidden');
  await writeFile(join(dir, 'outside.js'), 'outside');
});
afterAll(() => rm(dir, { recursive: true }));

async function get(path: string, encoding = '') {
  const response = await staticFiles(join(dir, 'page')).respond(path, encoding);
  const { status, headers } = response;
  return {
    status,
    cache: headers.get('cache-control'),
    type: headers.get('content-type'),
    encoding: headers.get('content-encoding'),
    body: await response.text(),
  };
}

it('serves the page for each of its own addresses, and never from a cache', async () => {
  for (const path of ['/', '/services/shop/api', '/members/cluster1', '/services/%3Cscript%3E/x.y']) {
    expect(await get(path)).toMatchObject({ status: 200, cache: 'no-store', body: '<p>page</p>' });
  }
});

it('serves hashed files for good, compressed if the browser accepts it', async () => {
  expect(await get('/assets/main-abc.js')).toMatchObject({
    status: 200,
    type: 'text/javascript; charset=utf-8',
    cache: 'public, max-age=31536000, immutable',
    body: 'run()',
    encoding: null,
  });
  expect(await get('/assets/main-abc.js', 'br, gzip')).toMatchObject({ encoding: 'gzip' });
});

it.each([
  '/../outside.js',
  '/assets/../../outside.js',
  '/..%2foutside.js',
  '/.secret.js',
  '/assets/%00',
  '//etc/passwd',
])('%s leads nowhere outside', async (path) => {
  expect((await get(path)).body).not.toMatch(/outside|hidden|root:/);
});

it('an old script that a new build no longer has is not found, rather than the page', async () => {
  expect(await get('/assets/main-old.js')).toMatchObject({ status: 404, cache: 'no-store' });
});

it('a page that is not built says how to build it', async () => {
  const response = await staticFiles(join(dir, 'none')).respond('/', '');
  expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('dist/console')]);
});
