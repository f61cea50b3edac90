/**
 * `make tools`: builds missing and stale Kubernetes binaries from Go modules into `.cache/bin`. `node
 * tools/tasks/build.ts [--kubernetes VERSION] [--lab] [--without NAME ...]`; `--kubernetes` builds another version, into
 * a folder of its own; `--lab` adds the binaries that only the lab needs. Uses only modules of Node.js, so it runs before
 * any install.
 */
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { build, goVersion, isCurrent, TOOLS_DIR } from '../binaries/go-build.ts';
import { withOpenApi } from '../binaries/openapi.ts';
import { type Target, targetsOf } from '../binaries/targets.ts';
import { binDirOf, isExecutable } from '../controlplane/binaries.ts';
import {
  type BinaryVersion,
  DEFAULT_VERSION,
  isVersion,
  KUBERNETES_VERSIONS,
  OLDEST_KUBECTL,
  parseVersion,
} from '../controlplane/versions.ts';

interface Stale {
  readonly target: Target;
  /** The Go version; undefined without Go. */
  readonly version: string | undefined;
}

function staleOf(version: BinaryVersion, targets: readonly Target[], say: (line: string) => void): readonly Stale[] {
  const assets = version === DEFAULT_VERSION ? process.env.KUBEBUILDER_ASSETS : undefined;
  const stale: Stale[] = [];
  for (const target of targets) {
    if (assets && isExecutable(join(assets, target.name))) {
      say(`${target.name}: from KUBEBUILDER_ASSETS`);
      continue;
    }
    const go = goVersion(target.module);
    if (!isCurrent(target, binDirOf(version), go)) stale.push({ target, version: go });
  }
  return stale;
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { kubernetes: { type: 'string' }, lab: { type: 'boolean' }, without: { type: 'boolean' } },
    allowPositionals: true,
  });
  const text = values.kubernetes ?? DEFAULT_VERSION;
  const kubernetes = text === OLDEST_KUBECTL ? text : parseVersion(text);
  const targets = targetsOf(kubernetes);
  const unknown = positionals.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined)
    throw new Error(`tool ${unknown} not found; available: ${targets.map((t) => t.name).join(', ')}`);
  const started = Date.now();
  const say = (line: string): void => console.log(`[${duration(Date.now() - started)}] ${line}`);
  const wanted = targets.filter(({ name, lab }) => !positionals.includes(name) && (!lab || values.lab === true));
  const stale = staleOf(kubernetes, wanted, say);
  if (stale.length === 0) return;
  if (stale.some(({ version }) => version === undefined))
    throw new Error(missingGo(stale.map((one) => one.target.name)));
  const binDir = binDirOf(kubernetes);
  mkdirSync(binDir, { recursive: true });
  const folder = relative(join(TOOLS_DIR, '..'), binDir);
  say(`building ${stale.map(({ target }) => target.name).join(', ')} into ${folder}; the first time takes minutes`);
  let copy: string | undefined;
  for (const { target, version = '' } of stale) {
    const start = Date.now();
    if (copy === undefined && needsOpenApi(kubernetes, target)) {
      say('  generating the OpenAPI definitions that the module lacks');
      copy = withOpenApi(target.module, binDir);
    }
    const changed = needsOpenApi(kubernetes, target) && copy !== undefined ? { copy } : {};
    await build({ target, binDir, version, ...changed }, say);
    say(`  ${target.name} took ${duration(Date.now() - start)}`);
  }
}

function needsOpenApi(version: BinaryVersion, { module }: Target): boolean {
  if (!isVersion(version)) return false;
  const pins = KUBERNETES_VERSIONS[version];
  return 'lacksOpenApi' in pins && module === pins.kubernetes;
}

function missingGo(names: readonly string[]): string {
  return [
    `Go is required to build ${names.join(', ')}, but \`go\` is not in PATH.`,
    'Install Go 1.26 or later (https://go.dev/dl/, or your system’s package manager) and try again,',
    'or set KUBEBUILDER_ASSETS to a directory with these binaries.',
  ].join('\n');
}

/** `7s`, `2m05s`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
