/** Node.js for other systems, from the npm packages that the lock file pins. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';
import { gunzip, untar } from './archive.ts';
import { npmTarball } from './downloads.ts';

/** `os-arch`, as Node.js names them. */
export const PLATFORMS = ['linux-x64', 'linux-arm64'] as const;

export type Platform = (typeof PLATFORMS)[number];

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string } | undefined>>;
}

interface NodeRelease {
  readonly version: string;
  readonly binary: Uint8Array;
  readonly license: Uint8Array;
}

function pinOf(name: string): { readonly version: string; readonly integrity: string } {
  // Written by npm.
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  const pin = lock.packages[`node_modules/${name}`];
  if (!pin) throw new Error(`package-lock.json has no ${name}`);
  return pin;
}

/** Version of Node.js in all that is released. */
export function nodeVersion(): string {
  return pinOf(`node-${PLATFORMS[0]}`).version;
}

export async function nodeFor(platform: Platform): Promise<NodeRelease> {
  const name = `node-${platform}`;
  const { version, integrity } = pinOf(name);
  const files = await untar(gunzip(await npmTarball(name, version, integrity)));
  const contentOf = (path: string): Uint8Array => {
    const content = files.find((file) => file.path === `package/${path}`)?.content;
    if (!(content instanceof Uint8Array)) throw new Error(`${name} has no ${path}`);
    return content;
  };
  return { version, binary: contentOf('bin/node'), license: contentOf('LICENSE') };
}
