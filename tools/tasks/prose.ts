/** `make prose`: lints the English of documents, comments and messages, of all files or of `prose.ts FILE ...`. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';
import { lintProse } from '../prose/lint.ts';

const FILES = [
  '*.md',
  '{docs,examples,bench}/**/*.md',
  'packages/*/*.md',
  '{src,tools,bench,examples}/**/*.ts',
  'packages/*/src/**/*.ts',
  'test/{integration,e2e}/**/*.ts',
  'test/unit/{architecture,controller,docs,fleet,sandbox}/**/*.ts',
];

const chosen = process.argv.slice(2);
const files = chosen.length > 0 ? chosen : globSync(FILES, { cwd: ROOT }).toSorted();
let total = 0;
for (const file of files) {
  for (const { line, message } of await lintProse(file, readFileSync(join(ROOT, file), 'utf8'))) {
    console.log(`${file}:${line}: ${message}`);
    total += 1;
  }
}
console.log(`${total} findings in ${files.length} files`);
if (total > 0) process.exitCode = 1;
