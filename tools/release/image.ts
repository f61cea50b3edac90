/**
 * The container image, assembled from files without a container engine: libraries of Debian, Node.js and the bundle in
 * one layer each, without a shell. The same inputs result in the same digests.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../paths.ts';
import { type Entry, gzip, tar } from './archive.ts';
import { type Architecture, baseFiles, NONROOT } from './debian.ts';
import { nodeFor, type Platform } from './node-binary.ts';

const NODE = '/usr/local/bin/node';
const PROGRAM = 'opt/catamaran';
const MEDIA = 'application/vnd.oci.image';

/** `amd64` and `arm64` are the names of OCI and Debian. */
export const ARCHITECTURES = { amd64: 'linux-x64', arm64: 'linux-arm64' } as const satisfies Record<
  Architecture,
  Platform
>;

/** Layers as files, lowest first. */
export type Layers = readonly (readonly Entry[])[];

interface ImageOptions {
  readonly version: string;
  /** Time of all files and of the image, in seconds since 1970. */
  readonly seconds: number;
}

/** A blob with its descriptor. */
interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly content: Uint8Array;
}

export interface Image {
  /** By digest; the last one is the manifest. */
  readonly blobs: readonly Blob[];
  readonly manifest: Blob;
  /** Bytes of all files. */
  readonly unpacked: number;
}

/** `dist` is a directory with the bundle. The sandbox is left out: it is not needed in clusters. */
export async function programLayers(architecture: Architecture, dist: string): Promise<Layers> {
  const { binary, license } = await nodeFor(ARCHITECTURES[architecture]);
  const read = (path: string) => readFileSync(join(ROOT, path));
  const bundled = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)))
    .filter((path) => path !== 'sandbox.js' && (path.endsWith('.js') || path.startsWith('console/')));
  return [
    await baseFiles(architecture),
    [
      { path: NODE.slice(1), content: binary, mode: 0o755 },
      { path: 'usr/share/doc/node/copyright', content: license },
    ],
    [
      { path: 'usr/local/bin/catamaran', link: `/${PROGRAM}/dist/catamaran.js` },
      { path: `${PROGRAM}/package.json`, content: read('package.json') },
      { path: `${PROGRAM}/LICENSE`, content: read('LICENSE') },
      ...bundled.map((path) => bundledFile(dist, path)),
    ],
  ];
}

function bundledFile(dist: string, path: string): Entry {
  const content = readFileSync(join(dist, path));
  const isProgram = content.toString('latin1', 0, 2) === '#!';
  return {
    path: `${PROGRAM}/dist/${path}`,
    // The image has no `env`, which finds Node.js elsewhere.
    content: isProgram ? content.toString('utf8').replace(/^#!.*/, `#!${NODE}`) : content,
    mode: isProgram ? 0o755 : 0o644,
  };
}

export async function makeImage(architecture: Architecture, layers: Layers, options: ImageOptions): Promise<Image> {
  const { version, seconds } = options;
  const created = new Date(seconds * 1000).toISOString();
  const tars = await Promise.all(layers.map((files) => tar(files, seconds)));
  const packed = tars.map((content) => blobOf(`${MEDIA}.layer.v1.tar+gzip`, gzip(content)));
  const config = jsonBlob(`${MEDIA}.config.v1+json`, {
    created,
    architecture,
    os: 'linux',
    config: {
      User: `${NONROOT}:${NONROOT}`,
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/home/nonroot', 'NODE_ENV=production'],
      Entrypoint: ['catamaran'],
      WorkingDir: '/home/nonroot',
      Labels: annotationsOf(version, created),
    },
    rootfs: { type: 'layers', diff_ids: tars.map(digestOf) },
    history: ['Debian libraries', 'Node.js', 'Catamaran'].map((comment) => ({ created, comment })),
  });
  const manifest = jsonBlob(`${MEDIA}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: descriptorOf(config),
    layers: packed.map(descriptorOf),
    annotations: annotationsOf(version, created),
  });
  const unpacked = tars.reduce((sum, { length }) => sum + length, 0);
  return { blobs: [...packed, config, manifest], manifest, unpacked };
}

/** An OCI image layout with one manifest per architecture, in an index that `name` refers to. */
export function ociLayout(name: string, images: Readonly<Partial<Record<Architecture, Image>>>): readonly Entry[] {
  const manifests = Object.entries(images).map(([architecture, { manifest }]) => ({
    ...descriptorOf(manifest),
    platform: { architecture, os: 'linux' },
  }));
  const index = jsonBlob(`${MEDIA}.index.v1+json`, {
    schemaVersion: 2,
    mediaType: `${MEDIA}.index.v1+json`,
    manifests,
  });
  const tag = name.slice(name.lastIndexOf(':') + 1);
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag };
  return [
    ...blobEntries([...Object.values(images).flatMap(({ blobs }) => blobs), index]),
    { path: 'oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    {
      path: 'index.json',
      content: JSON.stringify({
        schemaVersion: 2,
        mediaType: `${MEDIA}.index.v1+json`,
        manifests: [{ ...descriptorOf(index), annotations }],
      }),
    },
  ];
}

/** The image of one architecture as `docker load` and `ctr images import` read it. */
export function dockerArchive(name: string, { blobs, manifest }: Image): readonly Entry[] {
  const pathOf = ({ digest }: Blob) => `blobs/${digest.replace(':', '/')}`;
  const config = blobs.find(({ mediaType }) => mediaType.includes('.config.'));
  const layers = blobs.filter(({ mediaType }) => mediaType.includes('.layer.'));
  if (!config) throw new Error('the image has no config');
  const annotations = { 'io.containerd.image.name': name };
  return [
    ...blobEntries(blobs),
    {
      path: 'manifest.json',
      content: JSON.stringify([{ Config: pathOf(config), RepoTags: [name], Layers: layers.map(pathOf) }]),
    },
    { path: 'oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    {
      path: 'index.json',
      content: JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptorOf(manifest), annotations }] }),
    },
  ];
}

function annotationsOf(version: string, created: string): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.created': created,
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.title': 'catamaran',
    'org.opencontainers.image.version': version,
  };
}

function descriptorOf({ mediaType, digest, size }: Blob): Omit<Blob, 'content'> {
  return { mediaType, digest, size };
}

function jsonBlob(mediaType: string, value: object): Blob {
  return blobOf(mediaType, Buffer.from(JSON.stringify(value)));
}

function blobOf(mediaType: string, content: Uint8Array): Blob {
  return { mediaType, digest: digestOf(content), size: content.length, content };
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** Architectures share layers. */
function blobEntries(blobs: readonly Blob[]): readonly Entry[] {
  const byDigest = new Map(blobs.map((blob) => [blob.digest, blob]));
  return [...byDigest.values()].map(({ digest, content }) => ({ path: `blobs/${digest.replace(':', '/')}`, content }));
}
