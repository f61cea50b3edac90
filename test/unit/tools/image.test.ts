import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Entry, gunzip, gzip, tar, untar } from '../../../tools/release/archive.ts';
import { dockerArchive, makeImage, ociLayout } from '../../../tools/release/image.ts';

const FILES: readonly Entry[] = [
  { path: 'usr/bin/program', content: '#!/bin/node\n', mode: 0o755 },
  { path: 'etc/passwd', content: 'root:x:0:0::/root:/sbin/nologin\n' },
  { path: 'bin', link: 'usr/bin' },
  { path: 'home/user', mode: 0o700, owner: 65_532 },
];
const SECONDS = 1_700_000_000;

const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

describe('tar', () => {
  it('has the same bytes for the same files in any order, on every machine', async () => {
    const archive = await tar(FILES, SECONDS);
    expect(sha256(archive)).toMatchInlineSnapshot(`"d03e16a1672a35d90701546f56cbb994628d3c9c4d9a47a59f496c1d99f763ab"`);
    expect((await tar([...FILES].reverse(), SECONDS)).equals(archive)).toBe(true);
  });

  it('is read back', async () => {
    const files = await untar(await tar(FILES, SECONDS));
    expect(files).toEqual([
      { path: 'bin', link: 'usr/bin' },
      { path: 'etc/passwd', content: Buffer.from('root:x:0:0::/root:/sbin/nologin\n'), mode: 0o644 },
      { path: 'usr/bin/program', content: Buffer.from('#!/bin/node\n'), mode: 0o755 },
    ]);
  });
});

it('gzip has neither a time nor a system in its header', () => {
  const packed = gzip(Buffer.from('content'));
  expect([...packed.subarray(4, 8), packed[9]]).toEqual([0, 0, 0, 0, 255]);
  expect(gunzip(packed).toString()).toBe('content');
});

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

describe('the image', () => {
  const make = (files: readonly Entry[]) => makeImage('amd64', [files], { version: '1.2.3', seconds: SECONDS });

  it('has the same digest for the same files, and another one for others', async () => {
    const { manifest } = await make(FILES);
    expect((await make([...FILES].reverse())).manifest.digest).toBe(manifest.digest);
    expect((await make(FILES.slice(1))).manifest.digest).not.toBe(manifest.digest);
  });

  it('runs the program as a user without rights, and has the time of the release', async () => {
    const { blobs } = await make(FILES);
    const config = blobs.find(({ mediaType }) => mediaType === 'application/vnd.oci.image.config.v1+json');
    expect(JSON.parse(Buffer.from(config?.content ?? []).toString())).toMatchObject({
      architecture: 'amd64',
      created: '2023-11-14T22:13:20.000Z',
      config: { User: '65532:65532', Entrypoint: ['catamaran'] },
      rootfs: { diff_ids: [`sha256:${sha256(await tar(FILES, SECONDS))}`] },
    });
  });

  it('is a layout whose blobs have their digests as names, and all that is referred to', async () => {
    const images = {
      amd64: await make(FILES),
      arm64: await makeImage('arm64', [FILES], { version: '1.2.3', seconds: 0 }),
    };
    const files = new Map(ociLayout('example.com/catamaran:1.2.3', images).map(({ path, content }) => [path, content]));
    const blob = ({ digest, size }: Descriptor): string => {
      const content = files.get(`blobs/${digest.replace(':', '/')}`) ?? '';
      expect([sha256(content), content.length]).toEqual([digest.slice(7), size]);
      return content.toString();
    };
    const index = JSON.parse(String(files.get('index.json')));
    expect(index.manifests[0].annotations['io.containerd.image.name']).toBe('example.com/catamaran:1.2.3');
    const { manifests } = JSON.parse(blob(index.manifests[0]));
    expect(manifests.map(({ platform }: { platform: object }) => platform)).toEqual([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux' },
    ]);
    for (const descriptor of manifests) {
      const { config, layers } = JSON.parse(blob(descriptor));
      for (const one of [config, ...layers]) blob(one);
    }
  });

  it('is an archive for `docker load`, with the paths of its config and layers', async () => {
    const files = dockerArchive('catamaran:1.2.3', await make(FILES));
    const [entry] = JSON.parse(String(files.find(({ path }) => path === 'manifest.json')?.content));
    expect(entry.RepoTags).toEqual(['catamaran:1.2.3']);
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining([entry.Config, ...entry.Layers]));
  });
});
