/** Archives with the same bytes for the same entries: order, times and owners do not depend on the machine. */
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';

/** A file, a symbolic link if it has a `link`, or a directory if it has neither content nor link. */
export interface Entry {
  /** Without a leading slash. */
  readonly path: string;
  readonly content?: Uint8Array | string;
  readonly link?: string;
  /** Default: 0755 for directories, 0644 for files. */
  readonly mode?: number;
  /** Owner and group. Default: root. */
  readonly owner?: number;
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** Entries by path, with the directories that they need. */
function withParents(entries: readonly Entry[]): readonly Entry[] {
  const byPath = new Map<string, Entry>();
  for (const { path } of entries) for (const parent of parentsOf(path)) byPath.set(parent, { path: parent });
  for (const entry of entries) byPath.set(entry.path, entry);
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `seconds` is the time of all entries, since 1970. Paths are sorted. */
export async function tar(entries: readonly Entry[], seconds: number): Promise<Buffer> {
  const archive = pack();
  for (const { path, content, link, mode, owner = 0 } of withParents(entries)) {
    const isDirectory = content === undefined && link === undefined;
    const header = {
      name: isDirectory ? `${path}/` : path,
      mode: link === undefined ? (mode ?? (isDirectory ? 0o755 : 0o644)) : 0o777,
      uid: owner,
      gid: owner,
      uname: '',
      gname: '',
      mtime: new Date(seconds * 1000),
    };
    if (link !== undefined) archive.entry({ ...header, type: 'symlink', linkname: link });
    else if (content === undefined) archive.entry({ ...header, type: 'directory' });
    else archive.entry({ ...header, type: 'file' }, Buffer.from(content));
  }
  archive.finalize();
  return await buffer(archive);
}

/** The header has no time and no name; the byte for the operating system, which zlib sets, is `unknown`. */
export function gzip(content: Uint8Array): Buffer {
  const packed = gzipSync(content, { level: 6 });
  packed[9] = 255;
  return packed;
}

export const gunzip = gunzipSync;

/** Files and links of a tar; `./` in front of paths is removed. */
export async function untar(archive: Uint8Array): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const { name, type, linkname, mode } = entry.header;
    const path = name.replace(/^\.\//, '');
    const content = await buffer(entry);
    if (type === 'file') entries.push({ path, content, mode: mode ?? 0o644 });
    else if ((type === 'symlink' || type === 'link') && linkname) entries.push({ path, link: linkname });
  }
  return entries;
}
