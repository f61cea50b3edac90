/**
 * Chromium for the tests of the console: packages of Debian that `debian.json` pins, with the libraries that it is linked
 * to and fonts, unpacked into `.cache`. It runs on any Linux with a C library that is not older, and needs no root. If
 * Debian has removed a package from its mirrors: update the pins, or set CHROMIUM to the path of a browser.
 */

import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../paths.ts';
import type { Entry } from '../release/archive.ts';
import { packageFiles } from '../release/debian.ts';
import debian from './debian.json' with { type: 'json' };

/** How to start the browser. */
export interface Chromium {
  readonly path: string;
  /** In addition to the environment of this process. */
  readonly environment: Readonly<Record<string, string>>;
}

const CACHE = join(ROOT, '.cache', 'chromium');
const LIBRARIES = 'usr/lib/x86_64-linux-gnu';
const PROGRAM = 'usr/lib/chromium/chromium-headless-shell';

/** Not documents, and not the libraries that validate calls of Vulkan. */
const isNeeded = ({ path }: Entry) => /^(usr\/)?(lib|share\/fonts)\//.test(path) && !/libVk|\.TOC$/.test(path);

/** A folder of its own for each set of pins. */
const hash = createHash('sha256').update(JSON.stringify(debian)).digest('hex').slice(0, 12);
const FOLDER = join(CACHE, hash);

/** Installs it if it is not installed. @throws an Error if this system cannot run it. */
export async function installChromium(say: (line: string) => void, own: string | undefined): Promise<Chromium> {
  if (own !== undefined) return { path: own, environment: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `no Chromium is pinned for ${process.platform} ${process.arch}; set CHROMIUM to the path of a browser`,
    );
  }
  if (!existsSync(FOLDER)) {
    say(`installing Chromium from ${debian.packages.length} packages of Debian ${debian.release}`);
    mkdirSync(CACHE, { recursive: true });
    const folder = mkdtempSync(join(CACHE, 'new-'));
    try {
      for (const { url, sha256 } of debian.packages) unpack(folder, await packageFiles(url, sha256));
      writeFileSync(join(folder, 'fonts.conf'), fontConfiguration());
      renameSync(folder, FOLDER);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      if (!existsSync(FOLDER)) throw error;
    }
  }
  const libraries = [LIBRARIES, `lib/x86_64-linux-gnu`, `${LIBRARIES}/pulseaudio`, `${LIBRARIES}/nss`];
  return {
    path: join(FOLDER, PROGRAM),
    environment: {
      LD_LIBRARY_PATH: libraries.map((path) => join(FOLDER, path)).join(':'),
      FONTCONFIG_FILE: join(FOLDER, 'fonts.conf'),
    },
  };
}

function unpack(folder: string, files: readonly Entry[]): void {
  for (const { path, content, link, mode } of files.filter(isNeeded)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    if (link !== undefined) symlinkSync(link, target);
    else if (content !== undefined) {
      writeFileSync(target, content);
      chmodSync(target, mode ?? 0o644);
    }
  }
}

function fontConfiguration(): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(FOLDER, 'usr/share/fonts')}</dir>
  <cachedir>${join(FOLDER, 'fonts-cache')}</cachedir>
</fontconfig>
`;
}
