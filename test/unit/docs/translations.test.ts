/** Translated documents have the headings, commands and output of the English ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

const PAIRS: readonly (readonly [english: string, translated: string])[] = [
  ['README.md', 'README.zh-CN.md'],
  ['docs/guides/ack-cli.md', 'docs/zh-CN/guides/ack-cli.md'],
  ['docs/guides/ack-headless.md', 'docs/zh-CN/guides/ack-headless.md'],
  ['docs/guides/cilium.md', 'docs/zh-CN/guides/cilium.md'],
];

const BLOCK = /^```[\s\S]*?^```/gm;

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function blocks(document: string): readonly string[] {
  return document.match(BLOCK) ?? [];
}

/** The levels of the headings, in order. */
function outline(document: string): readonly string[] {
  return [...document.replace(BLOCK, '').matchAll(/^(#+) /gm)].map(([, level = '']) => level);
}

describe.each(PAIRS)('%s and %s', (english, translated) => {
  it('have the same commands, files and output', () => {
    expect(blocks(read(translated))).toEqual(blocks(read(english)));
  });

  it('have the same headings', () => {
    expect(outline(read(translated))).toEqual(outline(read(english)));
  });
});
