/** What is said about the files of a release: checksums, where they come from, and the manifest for krew. */
import { createHash } from 'node:crypto';
import { stringify } from 'yaml';

/** Files by path. */
export type Files = ReadonlyMap<string, Uint8Array>;

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** For `sha256sum --check`. */
export function checksums(files: Files): string {
  const lines = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, content]) => `${sha256(content)}  ${path}\n`);
  return lines.join('');
}

interface Source {
  readonly commit: string;
  readonly lockFile: Uint8Array;
  readonly builder: string;
}

/**
 * An in-toto statement with SLSA provenance, to be signed: `cosign attest-blob --statement`. It has no times, so that
 * two builds of a commit agree.
 */
export function provenance(files: Files, { commit, lockFile, builder }: Source): string {
  const subject = [...files].map(([name, content]) => ({ name, digest: { sha256: sha256(content) } }));
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subject.sort((a, b) => (a.name < b.name ? -1 : 1)),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://catamaran.dev/build/make-dist/v1',
        externalParameters: { target: 'dist' },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: commit } },
          { name: 'package-lock.json', digest: { sha256: sha256(lockFile) } },
        ],
      },
      runDetails: { builder: { id: builder } },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
}

interface Plugin {
  readonly version: string;
  readonly description: string;
  /** URL of the folder with the archives. */
  readonly downloads: string;
  /** Archives by architecture, as Go names them. */
  readonly archives: ReadonlyMap<'amd64' | 'arm64', { readonly path: string; readonly content: Uint8Array }>;
}

/** `kubectl krew install --manifest=mcs.yaml`, for `kubectl mcs`. */
export function krewManifest({ version, description, downloads, archives }: Plugin): string {
  return stringify(
    {
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'mcs' },
      spec: {
        version: `v${version}`,
        shortDescription: 'Multi-cluster Services (KEP-1645)',
        description,
        platforms: [...archives].map(([arch, { path, content }]) => ({
          selector: { matchLabels: { os: 'linux', arch } },
          uri: `${downloads}/${path}`,
          sha256: sha256(content),
          bin: 'catamaran',
          files: [
            { from: 'catamaran', to: '.' },
            { from: 'LICENSE', to: '.' },
          ],
        })),
      },
    },
    { lineWidth: 0 },
  );
}
