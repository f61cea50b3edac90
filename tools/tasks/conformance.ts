/**
 * `make conformance SUITE=path`: runs the upstream conformance suite in the lab and writes docs/conformance. The exit
 * code is 1 if a spec did not pass. SUITE_VERSION=text is the version of the suite on that page.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { findBinary, isExecutable } from '../controlplane/binaries.ts';
import { runConformance } from '../lab/conformance.ts';
import { conformancePage, parseReport } from '../lab/conformance-report.ts';
import { COREDNS_IMAGE } from '../lab/images.ts';
import { isLabUp, type Lab, labUp } from '../lab/index.ts';
import { ROOT, shown } from '../paths.ts';

const DOCS = join(ROOT, 'docs', 'conformance');
const CLUSTERS = 2;

async function main(): Promise<boolean> {
  const { SUITE, SUITE_VERSION } = process.env;
  if (!SUITE || !isExecutable(SUITE)) {
    throw new Error(
      'SUITE must be the path of the compiled conformance suite; docs/conformance/README.md shows how to compile it',
    );
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());
  const { signal } = stop;
  const started = Date.now();
  const say = (line: string): void =>
    console.log(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${line}`);
  const dir = mkdtempSync(join(tmpdir(), 'catamaran-conformance-'));
  const wasUp = isLabUp();
  const lab = await labUp({ clusters: CLUSTERS, onProgress: say, signal });
  try {
    const version = catamaranVersion();
    const environment = await environmentOf(lab);
    const { html, yaml } = await runConformance(lab, { suite: resolve(SUITE), version, dir, onProgress: say, signal });
    const report = parseReport(yaml);
    mkdirSync(DOCS, { recursive: true });
    writeFileSync(join(DOCS, 'report.html'), html);
    writeFileSync(join(DOCS, 'report.yaml'), yaml);
    const facts = {
      suite: SUITE_VERSION || 'of unknown version',
      catamaran: version,
      date: new Date().toISOString().slice(0, 10),
      environment,
    };
    writeFileSync(join(DOCS, 'README.md'), conformancePage(report, facts));
    say(`${report.passed} of ${report.total} specs passed; see ${shown(DOCS)}`);
    const passed = report.total > 0 && report.passed === report.total && report.suitefailure === '';
    if (passed) rmSync(dir, { recursive: true });
    else say(`the controller's log is in ${dir}`);
    return passed;
  } finally {
    if (!wasUp) await lab.down();
  }
}

function catamaranVersion(): string {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

async function environmentOf(lab: Lab): Promise<readonly string[]> {
  const text = await lab.run(findBinary('kubectl'), ['--kubeconfig', lab.kubeconfig, 'version', '-o', 'json']);
  const { serverVersion } = z.object({ serverVersion: z.object({ gitVersion: z.string() }) }).parse(JSON.parse(text));
  const coredns = COREDNS_IMAGE.split(':').at(-1);
  return [
    `Clusters: ${CLUSTERS} of the lab, Kubernetes ${serverVersion.gitVersion}, dual stack, one controller with \`import.mode: Automatic\``,
    `DNS: CoreDNS ${coredns} with \`multicluster clusterset.local\`; Services by kube-proxy in nftables mode`,
    `Linux ${release().split('-')[0]}, Node ${process.versions.node}`,
  ];
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  const isAbort = error instanceof Error && error.name === 'AbortError';
  console.error(isAbort ? 'stopped' : error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
