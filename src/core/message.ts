/** Messages of conditions and Events, within the limits of the API. */

/** Maximum length of a condition's message (metav1.Condition: 32,768), minus room for an ending. */
export const MESSAGE_LENGTH = 32_700;

/** Maximum length of one of several problems in a message. */
export const PROBLEM_LENGTH = 253;

/** Maximum length of the name of a field manager (apimachinery, FieldManagerMaxLength). */
export const MANAGER_LENGTH = 128;

/** A name in double quotes. */
export function quoted(name: string): string {
  return `"${name}"`;
}

/** Quoted names, separated by commas. */
export function listed(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

/** Truncates a text to `length` characters, with an ellipsis. Surrogate pairs are not split. */
export function clipped(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text
    .slice(0, length - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}…`;
}

/** As many parts as fit in `length` characters, and the number of the others. */
export function joined(parts: readonly string[], separator: string, length: number = MESSAGE_LENGTH): string {
  let text = '';
  for (const [index, part] of parts.entries()) {
    const next = index === 0 ? part : `${text}${separator}${part}`;
    const more = parts.length - index;
    if (next.length > length) return index === 0 ? clipped(part, length) : `${text}${separator}… and ${more} more`;
    text = next;
  }
  return text;
}

/** The first `count` parts, and the number of the others. */
export function firstOf(parts: readonly string[], count: number, separator: string): string {
  const rest = parts.length - count;
  const first = parts.slice(0, count).join(separator);
  return rest > 0 ? `${first}${separator}… and ${rest} more` : first;
}
