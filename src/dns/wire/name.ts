/** Domain names in wire format. Source: RFC 1035, sections 2.3.4, 3.1 and 4.1.4. */

/** Maximum label and name lengths in bytes; the name includes its length bytes and the root. */
export const MAX_LABEL = 63;
const MAX_NAME = 255;

/** Maximum pointers in one name, which is also the maximum number of labels. */
const MAX_POINTERS = 127;

const POINTER = 0xc0;
const LABEL_KIND = 0xc0;

/**
 * A name as a map key: lower-case wire format without the root, one character per byte. Lower-casing leaves length
 * bytes alone, since they are below 64, and maps no byte outside ASCII to an ASCII letter.
 */
export type NameKey = string;

/** @throws RangeError for an empty label, or a label or name that is too long. */
export function keyOf(labels: readonly string[]): NameKey {
  const parts = labels.map((label) => {
    if (label.length === 0 || label.length > MAX_LABEL) throw new RangeError(`label of ${label.length} bytes`);
    return String.fromCharCode(label.length) + label.toLowerCase();
  });
  const key = parts.join('');
  if (!fits(key)) throw new RangeError(`name of ${key.length + 1} bytes`);
  return key;
}

/** Parses dotted notation, with or without a trailing dot; no escapes. @throws RangeError as {@link keyOf}. */
export function parseName(text: string): NameKey {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  return bare === '' ? '' : keyOf(bare.split('.'));
}

export function fits(key: NameKey): boolean {
  return key.length < MAX_NAME;
}

/** Labels from left to right. */
export function labelsOf(key: NameKey): string[] {
  const labels: string[] = [];
  for (let at = 0; at < key.length; ) {
    const end = at + 1 + key.charCodeAt(at);
    labels.push(key.slice(at + 1, end));
    at = end;
  }
  return labels;
}

/** Dotted notation with a trailing dot. Unprintable bytes, dots and backslashes in labels are escaped. */
export function nameText(key: NameKey): string {
  const escaped = (char: string) =>
    char === '.' || char === '\\' ? `\\${char}` : `\\${String(char.charCodeAt(0)).padStart(3, '0')}`;
  const labels = labelsOf(key).map((label) => label.replace(/[^!-[\]-~]|\./g, escaped));
  return `${labels.join('.')}.`;
}

/** Wire format, including the root. */
export function nameBytes(key: NameKey): Buffer {
  return Buffer.from(`${key}\0`, 'latin1');
}

/** Offset after an uncompressed name and its root; -1 if the name is malformed, too long or compressed. */
export function endOfPlainName(bytes: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = bytes[at];
    if (length === undefined || length > MAX_LABEL) return -1;
    at += length + 1;
    if (at - start > MAX_NAME || at > bytes.length) return -1;
    if (length === 0) return at;
  }
}

export interface ReadName {
  readonly key: NameKey;
  /** Offset after the name. */
  readonly end: number;
}

/**
 * Reads a name that may be compressed; undefined if it is malformed. A pointer must target an offset before the labels
 * that it follows, so that chains of pointers terminate.
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
