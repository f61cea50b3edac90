/** Texts with characters that a terminal or editor acts on. */
import fc from 'fast-check';

/** C0 except the line break, DEL, C1, bidirectional, zero-width and other formatting characters. */
export const ACTING: RegExp =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

const characters = [
  ...['\u0000', '\u0007', '\u0008', '\u001b', '\u001b[2J', '\u001b]8;;x\u0007', '\r', '\t', '\n', '\u007f'],
  ...['\u0085', '\u009b', '\u009d', '\u00ad', '\u061c', '\u200b', '\u200d', '\u200e', '\u200f', '\u2028', '\u2029'],
  ...['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069', '\ufeff', '\u{e0041}'],
];

/** Contains at least one of them. */
export const poisoned: fc.Arbitrary<string> = fc
  .tuple(fc.string({ maxLength: 8 }), fc.constantFrom(...characters), fc.string({ maxLength: 8 }))
  .map((parts) => parts.join(''));
