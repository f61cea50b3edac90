/** Programs of other projects, built from pinned Go modules into `.cache/interop`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';

export const INTEROP_DIR: string = join(ROOT, '.cache', 'interop');
const PINS = join(ROOT, 'tools', 'pins');

export type InteropModule = 'envoy-gateway' | 'health' | 'coredns';

interface InteropBinary {
  readonly name: string;
  readonly module: InteropModule;
  readonly package: string;
}

export const INTEROP_BINARIES: readonly InteropBinary[] = [
  { name: 'health', module: 'health', package: '.' },
  { name: 'envoy-gateway', module: 'envoy-gateway', package: 'github.com/envoyproxy/gateway/cmd/envoy-gateway' },
  { name: 'ads', module: 'envoy-gateway', package: './ads' },
];

export function interopBinary(name: string): string {
  return join(INTEROP_DIR, name);
}

/** Builds a program; Go does nothing if it is current. Statically linked, since one runs in a folder of its own. */
export function buildInterop({ name, module, package: path }: InteropBinary): void {
  mkdirSync(INTEROP_DIR, { recursive: true });
  const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', interopBinary(name), path];
  const { status, error } = spawnSync('go', args, {
    cwd: join(PINS, module),
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`go build of ${name} failed (in tools/pins/${module})`, { cause: error });
}

/** The directory of a module's sources. */
export function moduleDir(pins: InteropModule, module: string): string {
  const args = ['list', '-m', '-f', '{{.Dir}}', module];
  return execFileSync('go', args, { cwd: join(PINS, pins), encoding: 'utf8' }).trim();
}

/** The pinned version of a module. */
export function versionOf(pins: InteropModule, module: string): string {
  const text = readFileSync(join(PINS, pins, 'go.mod'), 'utf8');
  const line = text.split('\n').find((each) =>
    each
      .replace(/^require/, '')
      .trim()
      .startsWith(`${module} `),
  );
  if (line === undefined) throw new Error(`tools/pins/${pins}/go.mod does not require ${module}`);
  return (
    line
      .trim()
      .split(' ')
      .find((word) => /^v\d/.test(word)) ?? ''
  );
}
