/** Rules for single files: names, length, use of the environment, module state. */
import type { Module } from './modules.ts';

/** The only module of the product and its packages that reads environment variables. */
export const ENVIRONMENT = 'src/cli/environment.ts';

const MAX_LINES = 300;
/** Each is one algorithm that has to be read as a whole. */
export const LONGER: readonly string[] = ['src/kube/watch/reflector.ts'];

/** Too general: anything could end up there. */
const EMPTY_NAMES = /^(utils?|helpers?|common|misc)$/;

function isProduct({ path }: Module): boolean {
  return path.startsWith('src/') || /^packages\/[^/]+\/src\//.test(path);
}

function isSource({ path }: Module): boolean {
  return !path.endsWith('.json');
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** All violations, one line each. */
export function brokenFileRules(modules: readonly Module[]): readonly string[] {
  return [emptyNames, doubledNames, longFiles, readers, moduleState].flatMap((rule) => rule(modules));
}

function emptyNames(modules: readonly Module[]): readonly string[] {
  const isEmpty = (segment: string): boolean => EMPTY_NAMES.test(segment.replace(/\..*$/, ''));
  return modules
    .filter((module) => isSource(module) && module.path.split('/').some(isEmpty))
    .map(({ path }) => `${path}: the name is not specific`);
}

/** Files of `src` that share a name: in a file search or a stack trace they look the same. */
function doubledNames(modules: readonly Module[]): readonly string[] {
  const inSrc = modules.filter(({ path }) => path.startsWith('src/') && baseOf(path) !== 'index.ts');
  const byName = Map.groupBy(inSrc, ({ path }) => baseOf(path));
  return [...byName.values()]
    .filter((sharing) => sharing.length > 1)
    .map((sharing) => `duplicate name: ${sharing.map(({ path }) => path).join(' and ')}`);
}

function longFiles(modules: readonly Module[]): readonly string[] {
  return modules
    .filter((module) => isSource(module) && (isProduct(module) || /^(tools|bench)\//.test(module.path)))
    .filter(({ path, lines }) => lines > MAX_LINES && !LONGER.includes(path))
    .map(({ path }) => `${path}: has more than ${MAX_LINES} lines`);
}

function readers(modules: readonly Module[]): readonly string[] {
  return modules
    .filter((module) => isProduct(module) && module.readsEnvironment && module.path !== ENVIRONMENT)
    .map(({ path }) => `${path}: only ${ENVIRONMENT} reads the environment`);
}

/** State belongs to an object: two instances in one process must not share it. */
function moduleState(modules: readonly Module[]): readonly string[] {
  return modules
    .filter(({ path }) => path.startsWith('src/'))
    .flatMap(({ path, state }) => state.map((name) => `${path}: the module holds state: ${name}`));
}
