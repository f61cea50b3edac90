/** The page's files, as its build wrote them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getAsset, isSea } from 'node:sea';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json',
};

const COMPRESSED: ReadonlySet<string> = new Set(['html', 'js', 'css', 'svg', 'json', 'webmanifest']);
/** Names of files that a build writes: no dot at the start, so no parent directory either. */
const SEGMENT = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

const compress = promisify(gzip);

const MISSING = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Catamaran console</title>
<h1>The console's page is not built</h1>
<p>This copy of Catamaran has no <code>dist/console</code>. In a clone of the repository, run <code>make dist/console</code>
and reload this page. Releases contain it.</p>
<p>The API below <code>/api/v1</code> works without it.</p>
</html>
`;

function page(html: string, status: number): Response {
  return new Response(html, { status, headers: { 'content-type': TYPES.html ?? '', 'cache-control': 'no-store' } });
}

export interface StaticFiles {
  /** The file of a path, or the page for every path of its own. */
  respond(path: string, acceptEncoding: string): Promise<Response>;
}

/** `directory`: of the build. Hashed files are immutable, and kept in memory. */
export function staticFiles(directory: string): StaticFiles {
  const kept = new Map<string, Uint8Array>();
  const read = async (name: string, zipped: boolean): Promise<Uint8Array | undefined> => {
    const id = `${name}/${zipped}`;
    const held = kept.get(id);
    if (held) return held;
    const content = embedded(name) ?? (await readFile(join(directory, name)).catch(() => undefined));
    if (!content) return undefined;
    const bytes = new Uint8Array(zipped ? await compress(content) : content);
    if (isHashed(name)) kept.set(id, bytes);
    return bytes;
  };
  const file = async (name: string, acceptEncoding: string): Promise<Response | undefined> => {
    const extension = /\.([a-z0-9]+)$/.exec(name)?.[1] ?? '';
    const type = TYPES[extension];
    if (type === undefined) return undefined;
    const zipped = COMPRESSED.has(extension) && /\bgzip\b/.test(acceptEncoding);
    const bytes = await read(name, zipped);
    if (!bytes) return undefined;
    return new Response(new Uint8Array(bytes), {
      headers: {
        'content-type': type,
        'cache-control': isHashed(name) ? 'public, max-age=31536000, immutable' : 'no-store',
        vary: 'accept-encoding',
        ...(zipped && { 'content-encoding': 'gzip' }),
      },
    });
  };
  return {
    respond: async (path, acceptEncoding) => {
      const segments = path.split('/').filter((segment) => segment !== '');
      const isFile = segments.length > 0 && segments.every((segment) => SEGMENT.test(segment));
      const found = isFile ? await file(segments.join('/'), acceptEncoding) : undefined;
      if (found) return found;
      if (segments[0] === 'assets') return page('<!doctype html><title>Not found</title><p>Not found.</p>', 404);
      return (await file('index.html', acceptEncoding)) ?? page(MISSING, 503);
    },
  };
}

/** A file that tools/release/executable.ts has put into the single executable. */
function embedded(name: string): Uint8Array | undefined {
  if (!isSea()) return undefined;
  try {
    return new Uint8Array(getAsset(`console/${name}`));
  } catch {
    return undefined;
  }
}

/** Vite puts what has a hash in its name into `assets`. */
function isHashed(name: string): boolean {
  return name.startsWith('assets/');
}
