/** Guides under docs/guides, and what tests did: the same commands, in the same order. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, STATE_DIR } from '../../tools/paths.ts';

/** One command that was typed, and what it printed. */
export interface Step {
  readonly terminal: string;
  readonly command: string;
  readonly output: string;
}

/** What a test file did so far. */
export type Steps = Step[];

/** The commands of a guide: lines `TERMINAL$ COMMAND` of its console blocks, with the lines that a `\` continues. */
export function commandsOf(guide: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs', 'guides', guide), 'utf8');
  const blocks = [...text.matchAll(/^```console\n(.*?)^```/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) => [...block.matchAll(/^[\w-]+\$ (?:.*\\\n)*.*$/gm)].map(([command]) => command));
}

/** The commands of a test, as its guide has to show them. */
export function commandsTyped(steps: Steps): readonly string[] {
  return steps.map(({ terminal, command }) => `${terminal}$ ${command}`);
}

/** Writes what was typed and printed to `.catamaran/transcripts`, to be shown in a guide. */
export function writeTranscript(name: string, steps: Steps): void {
  const folder = join(STATE_DIR, 'transcripts');
  mkdirSync(folder, { recursive: true });
  const text = steps.map(({ terminal, command, output }) => `${terminal}$ ${command}\n${output}`);
  writeFileSync(join(folder, `${name}.txt`), text.join('\n'));
}
