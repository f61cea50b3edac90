/**
 * `make prose`: lints the English of documents, comments and messages. `node tools/tasks/prose.ts [FILE ...]` prints
 * the findings of some files; without arguments, it prints the number of findings per file.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';
import { type Finding, lintProse } from '../prose/lint.ts';

const FILES = ['*.md', '{docs,examples,bench}/**/*.md', 'packages/*/*.md', 'src/**/*.ts', 'packages/*/src/**/*.ts'];

const chosen = process.argv.slice(2);
const files = chosen.length > 0 ? chosen : globSync(FILES, { cwd: ROOT }).toSorted();
const findings = new Map<string, readonly Finding[]>();
for (const file of files) findings.set(file, await lintProse(file, readFileSync(join(ROOT, file), 'utf8')));

let total = 0;
for (const [file, found] of findings) {
  total += found.length;
  if (found.length === 0) continue;
  if (chosen.length === 0) console.log(`${String(found.length).padStart(5)}  ${file}`);
  else for (const { line, message } of found) console.log(`${file}:${line}: ${message}`);
}
console.log(`${total} findings in ${files.length} files`);
if (total > 0) process.exitCode = 1;
