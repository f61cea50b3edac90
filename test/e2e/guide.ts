/** Compares the commands of guides in docs/guides with those that tests ran. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, STATE_DIR } from '../../tools/paths.ts';

/** A command and its output. */
export interface Step {
  readonly terminal: string;
  readonly command: string;
  readonly output: string;
}

/** The steps of a test file so far. */
export type Steps = Step[];

/** The commands of a guide: lines `TERMINAL$ COMMAND` of its console blocks, including lines continued by `\`. */
export function commandsOf(guide: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs', 'guides', guide), 'utf8');
  const blocks = [...text.matchAll(/^```console\n(.*?)^```/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) => [...block.matchAll(/^[\w-]+\$ (?:.*\\\n)*.*$/gm)].map(([command]) => command));
}

/** The commands of a test, in the format of guides. */
export function commandsTyped(steps: Steps): readonly string[] {
  return steps.map(({ terminal, command }) => `${terminal}$ ${command}`);
}

/** Writes commands and output to `.catamaran/transcripts`, for use in a guide. */
export function writeTranscript(name: string, steps: Steps): void {
  const folder = join(STATE_DIR, 'transcripts');
  mkdirSync(folder, { recursive: true });
  const text = steps.map(({ terminal, command, output }) => `${terminal}$ ${command}\n${output}`);
  writeFileSync(join(folder, `${name}.txt`), text.join('\n'));
}
