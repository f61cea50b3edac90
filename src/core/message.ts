/** How messages for people are put together, within the limits of the API. */

/** Longest message of a condition (metav1.Condition), less room for a last word. */
export const MESSAGE_LENGTH = 32_700;

/** A name between double quotes. */
export function quoted(name: string): string {
  return `"${name}"`;
}

/** Names in quotes, with commas between them. */
export function listed(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

/** The first `length` characters of a text, with a sign where something was cut off. Surrogate pairs stay whole. */
export function clipped(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text
    .slice(0, length - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}…`;
}

/** As many parts as fit `length` characters, and how many more there are. */
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

/** The first few parts, and how many more there are. */
export function firstOf(parts: readonly string[], count: number, separator: string): string {
  const rest = parts.length - count;
  const first = parts.slice(0, count).join(separator);
  return rest > 0 ? `${first}${separator}… and ${rest} more` : first;
}
