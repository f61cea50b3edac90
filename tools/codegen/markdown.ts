/** Markdown of the reference: tables, and documents with generated blocks between prose. */

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}

const BLOCK = /(<!-- generated: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g;

/**
 * Replaces the blocks of a document by name. Text outside the blocks is kept.
 *
 * @throws if the document does not have exactly the blocks of the map, in order.
 */
export function withBlocks(document: string, blocks: ReadonlyMap<string, string>): string {
  const found = [...document.matchAll(BLOCK)].map(([, , name = '']) => name);
  const expected = [...blocks.keys()];
  if (found.join() !== expected.join()) {
    throw new Error(`expected the blocks ${expected.join(', ')}, in this order; found ${found.join(', ')}`);
  }
  return document.replaceAll(BLOCK, (_, start, name, end) => `${start}\n${blocks.get(name)}\n\n${end}`);
}

/** Converts `text` to `Text.`, for a cell or a paragraph. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
