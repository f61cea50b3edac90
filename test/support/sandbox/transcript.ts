/** Console blocks of documents: their commands, and the output that they show. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/paths.ts';

/** A command of a document, with the output below it. */
export interface Shown {
  /** `cluster1` of `cluster1$ kubectl …`; empty for a bare `$`. */
  readonly terminal: string;
  readonly command: string;
  readonly output: string;
}

/** The commands of a document's console blocks, in order. A command may be continued by `\`. */
export function shownIn(document: string): readonly Shown[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const blocks = [...text.matchAll(/^```(?:console)?\n((?:[\w-]*\$ )[\s\S]*?)^```/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    [...block.matchAll(/^([\w-]*)\$ ((?:.*\\\n)*.*)\n((?:(?![\w-]*\$ ).*\n)*)/gm)].map(
      ([, terminal = '', command = '', output = '']) => ({ terminal, command, output: output.trimEnd() }),
    ),
  );
}

/** The commands of a document's `sh` blocks, without comments. */
export function scriptsIn(document: string): readonly string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block
      .replaceAll('\\\n', '')
      .split('\n')
      .map((line) => line.replace(/ +# .*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
}

/** Output without what differs between runs: times, addresses, generated names, and the width of columns. */
export function comparable(output: string): string {
  return output
    .replace(/^\[ *\d+\.\d s\]/gm, '[TIME]')
    .replace(/process \d+/g, 'process PID')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?/g, 'ADDRESS')
    .replace(/-[0-9a-f]{16}\b/g, '-HASH')
    .replace(/\b([a-z]+(?:-[a-z]+)*)-[a-z0-9]{8,10}-[a-z0-9]{5}\b/g, '$1-POD')
    .replace(/\b\d+(?:ms|s|m\d+s|m)\b/g, 'AGE')
    .replace(/ +/g, ' ')
    .replace(/ $/gm, '')
    .trimEnd();
}
