/** Domain names in wire form. Source: RFC 1035, sections 2.3.4, 3.1 and 4.1.4. */

/** Longest label and longest name, in bytes; the name with its length bytes and the root. */
export const MAX_LABEL = 63;
const MAX_NAME = 255;

/** Pointers followed in one name; a name has no more labels than that. */
const MAX_POINTERS = 127;

const POINTER = 0xc0;
const LABEL_KIND = 0xc0;

/**
 * A name to look up by: its wire form in lower case, without the root, one character a byte. Length bytes are below
 * 64, so lower case does not touch them, and nothing outside ASCII becomes a letter of ASCII.
 */
export type NameKey = string;

/** The key of labels. Throws a RangeError for a label or name that does not fit. */
export function keyOf(labels: readonly string[]): NameKey {
  const parts = labels.map((label) => {
    if (label.length === 0 || label.length > MAX_LABEL) throw new RangeError(`a label of ${label.length} bytes`);
    return String.fromCharCode(label.length) + label.toLowerCase();
  });
  const key = parts.join('');
  if (!fits(key)) throw new RangeError(`a name of ${key.length + 1} bytes`);
  return key;
}

/** The key of a name as people write it, with or without a dot at the end; no escapes. Throws a RangeError. */
export function parseName(text: string): NameKey {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  return bare === '' ? '' : keyOf(bare.split('.'));
}

/** Whether a key is short enough to be a name. */
export function fits(key: NameKey): boolean {
  return key.length < MAX_NAME;
}

/** Labels of a key, the leftmost first. */
export function labelsOf(key: NameKey): string[] {
  const labels: string[] = [];
  for (let at = 0; at < key.length; ) {
    const end = at + 1 + key.charCodeAt(at);
    labels.push(key.slice(at + 1, end));
    at = end;
  }
  return labels;
}

/** A key for people, with a dot at the end; bytes that are not printable, dots and backslashes are escaped. */
export function nameText(key: NameKey): string {
  const escaped = (char: string) =>
    char === '.' || char === '\\' ? `\\${char}` : `\\${String(char.charCodeAt(0)).padStart(3, '0')}`;
  const labels = labelsOf(key).map((label) => label.replace(/[^!-[\]-~]|\./g, escaped));
  return `${labels.join('.')}.`;
}

/** The wire form of a key, with the root. */
export function nameBytes(key: NameKey): Buffer {
  return Buffer.from(`${key}\0`, 'latin1');
}

/** Where a name that is not compressed ends, past the root; -1 where it is broken, too long or compressed. */
export function endOfPlainName(bytes: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = bytes[at];
    if (length === undefined || length > MAX_LABEL) return -1;
    at += length + 1;
    if (at - start > MAX_NAME || at > bytes.length) return -1;
    if (length === 0) return at;
  }
}

/** A name that was read, and where it ended. */
export interface ReadName {
  readonly key: NameKey;
  readonly end: number;
}

/**
 * Reads a name that may be compressed; undefined where it is broken. A pointer must go to before the labels that it
 * ends, so that following pointers comes to an end.
 */
export function readName(bytes: Buffer, start: number): ReadName | undefined {
  let text = '';
  let end: number | undefined;
  let floor = start;
  let pointers = 0;
  for (let at = start; ; ) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if ((length & LABEL_KIND) === POINTER) {
      const low = bytes[at + 1];
      if (low === undefined) return undefined;
      const target = ((length & ~LABEL_KIND) << 8) | low;
      if (target >= floor || ++pointers > MAX_POINTERS) return undefined;
      end ??= at + 2;
      at = target;
      floor = target;
      continue;
    }
    if (length > MAX_LABEL) return undefined;
    if (length === 0) return { key: text.toLowerCase(), end: end ?? at + 1 };
    const next = at + 1 + length;
    if (next > bytes.length) return undefined;
    text += bytes.toString('latin1', at, next);
    if (!fits(text)) return undefined;
    at = next;
  }
}
