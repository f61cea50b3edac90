/**
 * The lab's container images, built locally under the names in the manifests of the documents. Nothing is pulled: all
 * programs are built from this repository or come from Debian.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { type BinaryName, findBinary } from '../controlplane/binaries.ts';
import { run } from '../controlplane/component.ts';
import { makeImage, ociLayout, programLayers } from '../release/image.ts';
import { LAB_CACHE } from './layout.ts';

export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10';
export const COREDNS_IMAGE = 'registry.k8s.io/coredns/coredns:v1.14.7';

/** A file of an image: a binary, or a file of `images/`. */
interface ImageFile {
  readonly path: string;
  readonly binary?: BinaryName;
  readonly source?: string;
}

interface Image {
  readonly names: readonly string[];
  /** Whether it is based on Debian with {@link PACKAGES}. */
  readonly debian: boolean;
  readonly files: readonly ImageFile[];
  readonly config: {
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly StopSignal?: string;
  };
}

const IMAGES: readonly Image[] = [
  {
    names: [PAUSE_IMAGE],
    debian: false,
    files: [{ path: 'pause', binary: 'pause' }],
    config: { Entrypoint: ['/pause'] },
  },
  {
    names: [COREDNS_IMAGE],
    debian: false,
    files: [{ path: 'coredns', binary: 'coredns' }],
    config: { Entrypoint: ['/coredns'] },
  },
  {
    names: ['acr-multiple-clusters-registry.cn-hangzhou.cr.aliyuncs.com/ack-multiple-clusters/web-demo:0.4.0'],
    debian: false,
    files: [{ path: 'web-demo', binary: 'web-demo' }],
    config: { Entrypoint: ['/web-demo'] },
  },
  // curl, dig, bash, nc, socat and mysql.
  {
    names: ['docker.io/curlimages/curl:8.11.1', 'docker.io/nicolaka/netshoot:v0.15'],
    debian: true,
    files: [],
    config: { Cmd: ['bash'] },
  },
  { names: ['docker.io/alpine/socat:1.7.4.4'], debian: true, files: [], config: { Entrypoint: ['socat'] } },
  {
    names: ['docker.io/library/nginx:1.27-alpine'],
    debian: true,
    files: [{ path: 'etc/nginx/nginx.conf', source: 'nginx.conf' }],
    config: { Cmd: ['nginx', '-g', 'daemon off;'], StopSignal: 'SIGQUIT' },
  },
  {
    names: ['docker.io/library/mysql:5.6'],
    debian: true,
    files: [{ path: 'usr/local/bin/mysql-server', source: 'mysql-server' }],
    config: { Cmd: ['mysql-server'] },
  },
];

const SUITE = 'bookworm';
const MIRROR = 'http://deb.debian.org/debian';
const PACKAGES = [
  'bash',
  'bind9-dnsutils',
  'ca-certificates',
  'curl',
  'iproute2',
  'mariadb-client-core',
  'mariadb-server-core',
  'netcat-openbsd',
  'nginx',
  'procps',
  'socat',
] as const;
// Not needed in a pod.
const UNUSED = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info', 'var/cache', 'var/lib/apt'];

const SOURCES = fileURLToPath(new URL('images/', import.meta.url));
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

interface Blob {
  readonly digest: string;
  readonly size: number;
}

/** Returns the directory of an OCI image layout with all images, after building missing and stale ones. */
export async function makeImages(say: (line: string) => void, signal?: AbortSignal): Promise<string> {
  mkdirSync(LAB_CACHE, { recursive: true });
  const debian = await makeDebian(say, signal);
  const layout = join(LAB_CACHE, `images-${stampOf(IMAGES, debian)}`);
  return await cached(layout, 'images-', say, (fresh) => writeLayout(fresh, IMAGES, debian, signal));
}

/** The released image with a built `dist`, for this machine. Returns the directory of its OCI layout. */
export async function makeCatamaranImage(name: string, dist: string, say: (line: string) => void): Promise<string> {
  mkdirSync(LAB_CACHE, { recursive: true });
  const architecture = ARCHITECTURE === 'arm64' ? 'arm64' : 'amd64';
  const layers = await programLayers(architecture, dist);
  const hash = createHash('sha256').update(`${name}\n${ARCHITECTURE}`);
  for (const { path, content, link } of layers.flat()) hash.update(`${path}\n${link ?? ''}`).update(content ?? '');
  const layout = join(LAB_CACHE, `catamaran-${hash.digest('hex').slice(0, 12)}`);
  return await cached(layout, 'catamaran-', say, async (fresh) => {
    const image = await makeImage(architecture, layers, { version: 'lab', seconds: 0 });
    for (const { path, content } of ociLayout(name, { [architecture]: image })) {
      await mkdir(dirname(join(fresh, path)), { recursive: true });
      await writeFile(join(fresh, path), content ?? '');
    }
  });
}

/** Writes a layout unless it exists, in place of those with the same prefix. */
async function cached(
  layout: string,
  prefix: string,
  say: (line: string) => void,
  write: (fresh: string) => Promise<void>,
): Promise<string> {
  if (existsSync(layout)) return layout;
  await removeOld(prefix);
  const fresh = join(LAB_CACHE, `fresh-${process.pid}`);
  try {
    await write(fresh);
    renameSync(fresh, layout);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  say(`built the images in ${layout}`);
  return layout;
}

/** Debian's root file system as a tar, built once; takes 100 s. */
async function makeDebian(say: (line: string) => void, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256').update(`${SUITE}\n${MIRROR}\n${PACKAGES}\n${UNUSED}\n${ARCHITECTURE}`);
  const tar = join(LAB_CACHE, `debian-${hash.digest('hex').slice(0, 12)}.tar`);
  if (existsSync(tar)) return tar;
  await removeOld('debian-');
  say(`debootstrap of ${SUITE} with ${PACKAGES.join(', ')}; the first time takes minutes`);
  const root = await mkdtemp(join(LAB_CACHE, 'rootfs-'));
  const options = signal ? { signal } : {};
  try {
    await run('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, root, MIRROR], options);
    for (const path of UNUSED) await rm(join(root, path), { recursive: true, force: true });
    const args = ['--numeric-owner', '--sort=name', '--exclude=./dev/*', '--exclude=./proc/*', '--exclude=./sys/*'];
    await run('tar', ['-C', root, ...args, '-cf', `${tar}.${process.pid}`, '.'], options);
    renameSync(`${tar}.${process.pid}`, tar);
  } finally {
    await rm(root, { recursive: true, force: true });
    await rm(`${tar}.${process.pid}`, { force: true });
  }
  return tar;
}

async function removeOld(prefix: string): Promise<void> {
  for (const entry of readdirSync(LAB_CACHE).filter((name) => name.startsWith(prefix))) {
    await rm(join(LAB_CACHE, entry), { recursive: true, force: true });
  }
}

/** A hash of all inputs of the images. */
function stampOf(images: readonly Image[], debian: string): string {
  const hash = createHash('sha256').update(JSON.stringify(images)).update(debian);
  for (const file of images.flatMap((image) => image.files)) hash.update(readFileSync(originOf(file)));
  return hash.digest('hex').slice(0, 12);
}

function originOf({ binary, source }: ImageFile): string {
  return binary === undefined ? join(SOURCES, source ?? '') : findBinary(binary);
}

/** Writes an OCI image layout: blobs by digest, and an index with image names in containerd's format. */
async function writeLayout(dir: string, images: readonly Image[], debian: string, signal?: AbortSignal): Promise<void> {
  const blobs = join(dir, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const base = await addFile(blobs, debian);
  const manifests: object[] = [];
  for (const image of images) {
    const layers = image.debian ? [base] : [];
    if (image.files.length > 0) layers.push(await addLayer(blobs, image.files, signal));
    const config = await addJson(blobs, {
      architecture: ARCHITECTURE,
      os: 'linux',
      config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ...image.config },
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    });
    const manifest = await addJson(blobs, {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, ...config },
      layers: layers.map((layer) => ({ mediaType: LAYER, ...layer })),
    });
    for (const name of image.names) {
      const annotations = { 'io.containerd.image.name': name };
      manifests.push({ mediaType: MANIFEST, ...manifest, annotations });
    }
  }
  await writeFile(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
}

async function addLayer(blobs: string, files: readonly ImageFile[], signal?: AbortSignal): Promise<Blob> {
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-layer-'));
  try {
    for (const file of files) {
      const path = join(dir, 'root', file.path);
      mkdirSync(dirname(path), { recursive: true });
      copyFileSync(originOf(file), path);
      await chmod(path, file.path.endsWith('.conf') ? 0o644 : 0o755);
    }
    const tar = join(dir, 'layer.tar');
    const same = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '--mtime=@0'];
    await run('tar', ['-C', join(dir, 'root'), ...same, '-cf', tar, '.'], signal ? { signal } : {});
    return await addFile(blobs, tar);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function addJson(blobs: string, value: object): Promise<Blob> {
  const text = JSON.stringify(value);
  const hex = createHash('sha256').update(text).digest('hex');
  await writeFile(join(blobs, hex), text);
  return { digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

async function addFile(blobs: string, path: string): Promise<Blob> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const hex = hash.digest('hex');
  const { size } = await stat(path);
  try {
    linkSync(path, join(blobs, hex));
  } catch {
    // Another file system.
    copyFileSync(path, join(blobs, hex));
  }
  return { digest: `sha256:${hex}`, size };
}
