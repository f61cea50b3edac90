/**
 * `make dist`: everything of a release, in `release/`: the npm package, executables, images, the Helm chart, manifests,
 * the manifest for krew, bills of materials, provenance and checksums. Two builds of a commit have the same bytes.
 *
 * `DOWNLOADS` is the URL of the folder that will have the files, `BUILDER` identifies the builder. The time of all files
 * is that of the commit, or `SOURCE_DATE_EPOCH`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { buildConsole } from 'catamaran-console';
import packageJson from '../../package.json' with { type: 'json' };
import { CHART } from '../codegen/helm-chart.ts';
import { ROOT } from '../paths.ts';
import { type Entry, gzip, tar } from '../release/archive.ts';
import { debianPackages, debianRelease } from '../release/debian.ts';
import { makeExecutable } from '../release/executable.ts';
import { ARCHITECTURES, dockerArchive, type Image, makeImage, ociLayout, programLayers } from '../release/image.ts';
import { nodeVersion } from '../release/node-binary.ts';
import { bundledPackages, type Component, debianComponent, nodeComponent, sbom } from '../release/sbom.ts';
import { checksums, krewManifest, provenance } from '../release/statements.ts';
import { bundle, bundleScript, CONSOLE } from './bundle.ts';

const OUT = join(ROOT, 'release');
const { name, version, description } = packageJson;
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
const seconds = Number(process.env.SOURCE_DATE_EPOCH || git('log', '-1', '--format=%ct'));
const downloads = process.env.DOWNLOADS || `https://catamaran.dev/releases/v${version}`;
const builder = process.env.BUILDER || 'https://catamaran.dev/build/make-dist';
const imageName = `${name}:${version}`;
const LINUX = ['amd64', 'arm64'] as const;

const NO_IMPORTS = { bytes: 0, imports: [] };

const files = new Map<string, Uint8Array>();

function add(path: string, content: Uint8Array | string): void {
  files.set(path, typeof content === 'string' ? Buffer.from(content) : content);
  console.log(`${path}: ${((files.get(path)?.length ?? 0) / 1e6).toFixed(1)} MB`);
}

async function archive(entries: readonly Entry[]): Promise<Buffer> {
  return gzip(await tar(entries, seconds));
}

/** Files of a folder as entries of an archive. */
function entriesOf(folder: string, prefix: string): readonly Entry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: `${prefix}/${relative(folder, path)}`, content: readFileSync(path) }));
}

function npmPackage(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'catamaran-pack-'));
  try {
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory];
    const file = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return readFileSync(join(directory, file));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function executables(packages: readonly Component[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'catamaran-script-'));
  const archives = new Map<(typeof LINUX)[number], { path: string; content: Uint8Array }>();
  try {
    const script = join(directory, 'catamaran.cjs');
    await bundleScript(script);
    for (const architecture of LINUX) {
      const path = `bin/${name}-${version}-linux-${architecture}.tar.gz`;
      const content = await archive([
        {
          path: 'catamaran',
          content: await makeExecutable(ARCHITECTURES[architecture], script, join(ROOT, 'dist', CONSOLE)),
          mode: 0o755,
        },
        { path: 'LICENSE', content: readFileSync(join(ROOT, 'LICENSE')) },
      ]);
      add(path, content);
      archives.set(architecture, { path, content });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  add('krew/mcs.yaml', krewManifest({ version, description, downloads, archives }));
  const parts = [...packages, nodeComponent(nodeVersion())];
  add(`sbom/${name}.cdx.json`, await sbom({ name, version, type: 'application', seconds }, parts));
}

async function images(packages: readonly Component[]): Promise<void> {
  const all: Partial<Record<(typeof LINUX)[number], Image>> = {};
  for (const architecture of LINUX) {
    const image = await makeImage(architecture, await programLayers(architecture, join(ROOT, 'dist')), {
      version,
      seconds,
    });
    all[architecture] = image;
    add(`image/${name}-${version}-${architecture}.tar`, await tar(dockerArchive(imageName, image), seconds));
    const debian = debianPackages(architecture).map((one) =>
      debianComponent(one.name, one.version, architecture, debianRelease),
    );
    const parts = [...packages, nodeComponent(nodeVersion()), ...debian];
    const subject = { name: `${name}-image-${architecture}`, version, type: 'container', seconds } as const;
    add(`sbom/${name}-image-${architecture}.cdx.json`, await sbom(subject, parts));
  }
  add(`image/${name}-${version}.oci.tar`, await tar(ociLayout(imageName, all), seconds));
}

function manifests(): void {
  const program = join(ROOT, 'dist', 'catamaran.js');
  const print = (...args: readonly string[]) => execFileSync(process.execPath, [program, ...args]);
  add('manifests/crds.yaml', print('crds'));
  for (const mode of ['hub', 'member', 'dns'])
    add(`manifests/${mode}.yaml`, print('install', '--mode', mode, '-o', 'yaml'));
}

const { inputs } = await bundle(join(ROOT, 'dist'));
const page = await buildConsole(join(ROOT, 'dist', CONSOLE));
const packages = bundledPackages({
  inputs: { ...inputs, ...Object.fromEntries(page.map((path) => [path, NO_IMPORTS])) },
});
rmSync(OUT, { recursive: true, force: true });
add(`npm/${name}-${version}.tgz`, npmPackage());
add(`chart/${name}-${version}.tgz`, await archive(entriesOf(join(ROOT, CHART), name)));
manifests();
await executables(packages);
await images(packages);
const source = { commit: git('rev-parse', 'HEAD'), lockFile: readFileSync(join(ROOT, 'package-lock.json')), builder };
add('provenance.intoto.json', provenance(files, source));
add('SHA256SUMS', checksums(files));
for (const [path, content] of files) {
  mkdirSync(dirname(join(OUT, path)), { recursive: true });
  writeFileSync(join(OUT, path), content);
}
