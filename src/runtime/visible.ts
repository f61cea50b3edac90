/**
 * Text for users, with text of other parties in it: names, messages of API servers, files. Characters that a terminal
 * or editor acts on instead of showing could hide a part of the text, or forge another.
 *
 * Source: Unicode Technical Report 36, "Unicode Security Considerations"; "Trojan Source" (CVE-2021-42574).
 */

/** Control characters, line and paragraph separators, lone surrogates, and all that have no glyph of their own. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
const INVISIBLE_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Escapes them, line breaks included, in the form `\u{1b}`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, escaped);
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.replace(INVISIBLE_IN_LINES, escaped);
}

/** Escapes them in JSON, or in quoted scalars of YAML, as `\u001b`, which a parser turns into the same value. */
export function visibleJson(text: string): string {
  return text.replace(INVISIBLE_IN_LINES, (character) =>
    Array.from({ length: character.length }, (_, at) => {
      return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}
