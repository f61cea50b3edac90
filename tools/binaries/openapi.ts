/**
 * Completes a module of Kubernetes up to 1.26, which lacks the OpenAPI definitions that its own build generates. Files
 * of the module cache cannot be replaced or added to, so the module is copied.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OLD_TAGS, TOOLS_DIR } from './go-build.ts';

const KUBERNETES = 'k8s.io/kubernetes';
const DEFINITIONS = 'pkg/generated/openapi';
const SOURCES = ['go.mod', 'cmd', 'pkg', 'plugin', 'third_party'];
/** The comment that asks for definitions of a package's types. */
const TAG = '+k8s:openapi-gen=';

/** Creates a copy of a pinned module in `dir` with what is missing, and returns the directory to build in. */
export function withOpenApi(module: string, dir: string): string {
  const pins = join(TOOLS_DIR, module);
  const root = join(dir, 'module');
  const copy = join(root, 'kubernetes');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const file of ['go.mod', 'go.sum']) cpSync(join(pins, file), join(root, file));
  go(pins, ['mod', 'download', KUBERNETES]);
  const source = go(pins, ['list', '-m', '-f', '{{.Dir}}', KUBERNETES]).trim();
  for (const name of SOURCES) cpSync(join(source, name), join(copy, name), { recursive: true });
  makeWritable(copy);

  const generator = join(root, 'openapi-gen');
  const output = join(root, 'generated');
  go(pins, ['build', '-o', generator, 'k8s.io/kube-openapi/cmd/openapi-gen']);
  const name = 'zz_generated.openapi';
  run(generator, pins, [
    ...['--input-dirs', taggedPackages(pins).join(',')],
    ...['--output-base', output],
    ...['--output-package', `${KUBERNETES}/${DEFINITIONS}`],
    ...['--output-file-base', name],
    ...['--go-header-file', '/dev/null'],
    ...['--report-filename', join(root, 'violations')],
  ]);
  renameSync(join(output, KUBERNETES, DEFINITIONS, `${name}.go`), join(copy, DEFINITIONS, `${name}.go`));
  go(root, ['mod', 'edit', '-replace', `${KUBERNETES}=./kubernetes`]);
  return root;
}

/** The packages of kube-apiserver whose types have definitions. */
function taggedPackages(pins: string): readonly string[] {
  const format = '{{.ImportPath}} {{.Dir}}';
  const lines = go(pins, ['list', ...OLD_TAGS, '-deps', '-f', format, `${KUBERNETES}/cmd/kube-apiserver`]);
  return lines.split('\n').flatMap((line) => {
    const [path = '', dir = ''] = line.split(' ');
    const isApi = path.startsWith('k8s.io/') && !path.startsWith('k8s.io/kube-openapi/');
    return isApi && isTagged(dir) ? [path] : [];
  });
}

function isTagged(dir: string): boolean {
  const files = readdirSync(dir).filter((file) => file.endsWith('.go'));
  return files.some((file) => readFileSync(join(dir, file), 'utf8').includes(TAG));
}

/** The files of the module cache are read-only. */
function makeWritable(path: string): void {
  chmodSync(path, 0o755);
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
}

function go(cwd: string, args: readonly string[]): string {
  return run('go', cwd, args);
}

/** @throws an Error with the end of the output. */
function run(command: string, cwd: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    // The generator is older than alias types, and the definitions need no C compiler.
    env: { ...process.env, CGO_ENABLED: '0', GODEBUG: 'gotypesalias=0' },
  });
  if (status === 0) return stdout;
  const text = (stderr ?? '').trimEnd().split('\n').slice(-30).join('\n');
  throw new Error(`${command} ${args[0]} failed (in ${dirname(cwd)}):\n${text}`);
}
