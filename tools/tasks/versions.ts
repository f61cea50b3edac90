/**
 * `make versions`: runs the tests that use real control planes on each pinned version of Kubernetes and on a mixed fleet,
 * and writes the results to `docs/reference/versions.md`. `node tools/tasks/versions.ts [VERSION,...]` runs some of them,
 * and only prints the results.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseOf } from '../binaries/go-build.ts';
import { targetsOf } from '../binaries/targets.ts';
import {
  type BinaryVersion,
  KUBERNETES_VERSIONS,
  OLDEST_KUBECTL,
  parseVersion,
  VERSIONS,
  type Version,
} from '../controlplane/versions.ts';
import { ROOT } from '../paths.ts';

const PAGE = join(ROOT, 'docs/reference/versions.md');
const COUNTS = join(ROOT, '.cache/test-counts.json');

/** Without the cases that compare kubesim with the API server of one version, and those that need no API server. */
const SUITE = [
  'test/contract',
  'test/integration',
  ...['--exclude', 'test/contract/apiserver/**', '--exclude', 'test/integration/sandbox-*.test.ts'],
];
const WALKTHROUGHS = ['test/integration/walkthroughs.test.ts'];

const OLDEST = VERSIONS[0] ?? parseVersion('');
const NEWEST = VERSIONS.at(-1) ?? OLDEST;

/** The versions of the clusters of one fleet, and the kubectl that users of the oldest one may have. */
interface Fleet {
  readonly clusters: readonly Version[];
  readonly kubectl: BinaryVersion;
}

interface Row {
  readonly fleet: Fleet;
  readonly suite: Outcome;
  /** By version of kubectl. */
  readonly walkthroughs: readonly Outcome[];
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const KUBECTLS: readonly BinaryVersion[] = [OLDEST_KUBECTL, NEWEST];

function fleetOf(version: Version): Fleet {
  const isOlder = KUBERNETES_VERSIONS[version].minor < Number(OLDEST_KUBECTL.split('.')[1]);
  return { clusters: [version], kubectl: isOlder ? OLDEST_KUBECTL : version };
}

function build(version: BinaryVersion): void {
  const { status } = spawnSync('node', ['tools/tasks/build.ts', '--kubernetes', version], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`Kubernetes ${version} cannot be built`);
}

function test(clusters: readonly Version[], kubectl: BinaryVersion, files: readonly string[]): Outcome {
  console.log(`\nKubernetes ${clusters.join(' and ')}, kubectl ${kubectl}: ${files[0]}`);
  rmSync(COUNTS, { force: true });
  const { status } = spawnSync(
    'vitest',
    ['run', '--project', 'clusters', '--reporter', 'dot', ...REPORTERS, ...files],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, KUBERNETES: clusters.join(','), KUBECTL_VERSION: kubectl },
    },
  );
  const { passed, failed } = countsOf();
  // Something other than a test went wrong, or a test was skipped.
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

const REPORTERS = ['--reporter', './test/support/setup/counts.ts'];

function countsOf(): Outcome {
  try {
    const { passed, failed }: Outcome = JSON.parse(readFileSync(COUNTS, 'utf8'));
    return { passed, failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function run(fleet: Fleet): Row {
  const suite = test(fleet.clusters, fleet.kubectl, SUITE);
  const walkthroughs = KUBECTLS.map((kubectl) => test(fleet.clusters, kubectl, WALKTHROUGHS));
  return { fleet, suite, walkthroughs };
}

function release(version: BinaryVersion): string {
  const kubectl = targetsOf(version).find(({ name }) => name === 'kubectl');
  return kubectl ? releaseOf(kubectl.module) : version;
}

function table(rows: readonly Row[]): string {
  const show = ({ passed, failed }: Outcome): string => (failed > 0 ? `${failed} failed` : `${passed} passed`);
  const cells = [
    ['Kubernetes', 'Tests', ...KUBECTLS.map((kubectl) => `Walk-throughs, kubectl ${release(kubectl)}`)],
    ...rows.map(({ fleet, suite, walkthroughs }) => [
      fleet.clusters.map(release).join(' beside '),
      show(suite),
      ...walkthroughs.map(show),
    ]),
  ];
  const widths = cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}

/** Replaces what is between the markers. */
function write(text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, page.replace(/(<!-- make versions -->\n)[\s\S]*?(\n<!-- end -->)/, `$1\n${text}\n$2`));
}

function main(argument: string | undefined): void {
  const versions = argument ? argument.split(',').map((text) => parseVersion(text.trim())) : VERSIONS;
  for (const version of new Set<BinaryVersion>([...versions, ...KUBECTLS])) build(version);
  const rows = versions.map((version) => run(fleetOf(version)));
  if (!argument) rows.push(run({ clusters: [OLDEST, NEWEST], kubectl: OLDEST_KUBECTL }));
  const text = table(rows);
  console.log(`\n${text}`);
  if (!argument) write(text);
  if (rows.some(({ suite, walkthroughs }) => [suite, ...walkthroughs].some(({ failed }) => failed > 0)))
    process.exitCode = 1;
}

main(process.argv[2]);
