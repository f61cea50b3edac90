/**
 * The libraries that Node.js is linked to, from packages of Debian stable that `debian.json` pins. Debian removes a
 * package from its mirrors some time after it has published a newer one: then update the pins.
 */
import { buffer } from 'node:stream/consumers';
import xzDecompress from 'xz-decompress';
import { type Entry, untar } from './archive.ts';
import debian from './debian.json' with { type: 'json' };
import { download } from './downloads.ts';

export type Architecture = keyof typeof debian.packages;

/** A pinned package. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
}

/** Licenses, and shared libraries; those in subfolders convert character sets. */
const NEEDED = /^usr\/(lib(64)?\/([^/]+\/)?[^/]+\.so(\.[^/]*)?|share\/doc\/[^/]+\/copyright)$/;

/** Directories of a merged /usr, which the program interpreter of executables needs. */
const MERGED_USR: readonly Entry[] = ['bin', 'lib', 'lib64', 'sbin'].map((path) => ({ path, link: `usr/${path}` }));

/** Users, groups and name resolution as in Debian, for programs without a shell. `nonroot` is the user of the image. */
const SYSTEM_FILES: Readonly<Record<string, string>> = {
  'etc/group': 'root:x:0:\nnonroot:x:65532:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  'etc/os-release': `PRETTY_NAME="Debian GNU/Linux ${debian.release.version} (${debian.release.codename})"
NAME="Debian GNU/Linux"
VERSION_ID="${debian.release.version}"
VERSION_CODENAME=${debian.release.codename}
ID=debian
`,
  'etc/passwd':
    'root:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin\n',
};

export const NONROOT = 65_532;

export function debianPackages(architecture: Architecture): readonly DebianPackage[] {
  return debian.packages[architecture];
}

export const debianRelease = debian.release.codename;

/** A root file system that runs Node.js, and has no shell. Scanners find its packages in `var/lib/dpkg/status.d`. */
export async function baseFiles(architecture: Architecture): Promise<readonly Entry[]> {
  const packages = await Promise.all(
    debian.packages[architecture].map(async ({ name, path, sha256 }) => {
      const members = arMembers(await download(`${debian.mirror}/${path}`, sha256));
      const files = await untar(await xz(memberOf(members, 'data.tar.xz')));
      const control = (await untar(await xz(memberOf(members, 'control.tar.xz')))).find(
        (file) => file.path === 'control',
      );
      return [
        ...files.filter((file) => NEEDED.test(file.path)),
        { path: `var/lib/dpkg/status.d/${name}`, content: control?.content ?? '' },
      ];
    }),
  );
  const system = Object.entries(SYSTEM_FILES).map(([path, content]) => ({ path, content }));
  return [
    ...MERGED_USR,
    { path: 'usr/bin' },
    { path: 'usr/lib64' },
    { path: 'usr/sbin' },
    { path: 'tmp', mode: 0o1777 },
    { path: 'home/nonroot', mode: 0o700, owner: NONROOT },
    ...system,
    ...packages.flat(),
  ];
}

/** Files of a package. */
export async function packageFiles(url: string, sha256: string): Promise<readonly Entry[]> {
  return await untar(await xz(memberOf(arMembers(await download(url, sha256)), 'data.tar.xz')));
}

async function xz(packed: Uint8Array): Promise<Buffer> {
  const stream = new Blob([new Uint8Array(packed)]).stream();
  return await buffer(new xzDecompress.XzReadableStream(stream));
}

function memberOf(members: ReadonlyMap<string, Buffer>, name: string): Buffer {
  const content = members.get(name);
  if (!content) throw new Error(`the package has no ${name}: ${[...members.keys()].join(', ')}`);
  return content;
}

/** Members of an `ar` archive, the outer format of Debian packages: deb(5), ar(5). */
function arMembers(archive: Buffer): ReadonlyMap<string, Buffer> {
  const HEADER = 60;
  const members = new Map<string, Buffer>();
  for (let at = '!<arch>\n'.length; at + HEADER <= archive.length; ) {
    const name = archive
      .toString('latin1', at, at + 16)
      .trim()
      .replace(/\/$/, '');
    const size = Number(archive.toString('latin1', at + 48, at + 58).trim());
    members.set(name, archive.subarray(at + HEADER, at + HEADER + size));
    // Members start at even offsets.
    at += HEADER + size + (size % 2);
  }
  return members;
}
