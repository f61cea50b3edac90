import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { proseOf } from '../../../tools/prose/code-prose.ts';
import { lintProse } from '../../../tools/prose/lint.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** From the help, the messages and the documents of earlier versions. */
const REJECTED = [
  'keep every member as the exports of all members ask for',
  'say everything that is wrong with a fleet file',
  'least level that is logged',
  'a pod that there is: its dnsConfig counts',
  'print the head of the answer, too',
  'context in it; the current one unless told',
  'where to forward to is not told',
  'there is no cluster X; there is a, b',
  'Nothing to do: all is as it should be.',
  'cannot stand beside inCluster: true',
  '"a" stands at [1] already',
  'met a fault of its own',
  'is not ours and is left alone',
  'serves what is exported',
  'member joins',
  'member leaves: cleaning it',
  'is listed and watched',
  'fleet file not taken over',
  'API server gives no usable answer',
  'writes do not last: somebody undoes them',
  'No change is no write, also after a restart.',
  'Only what its API server has said is acted on.',
  'undefined where there is none',
  'Nobody writes until the edit is mended.',
  'One Lease a member.',
  'It goes to whoever asked.',
  'Imports are Manual, as ACK One has it.',
  'Gives the name.',
  'a table for people',
];

/** Their replacements. */
const ACCEPTED = [
  'run the controller',
  'validate a fleet file and report all problems',
  'minimum log level',
  'existing pod to send from; its dnsConfig applies',
  'include response headers',
  'kubeconfig context (default: current context)',
  '--forward is required with --mode stub',
  'cluster "X" not found; available: a, b',
  'Already up to date.',
  'mutually exclusive with inCluster: true',
  'duplicate of [1]',
  'internal error; please report it',
  'already exists and is not managed by Catamaran',
  'derived Service "X" is up to date',
  'member removed, cleaning up',
  'fleet file rejected, keeping the last good configuration',
  'list/watch failed',
  'writes are being reverted by another client',
  'No change means no write, even after a restart.',
  'Catamaran acts only on what an API server has reported.',
  'the folder where the kubeconfig is stored',
  'One Lease per member. A Lease has a member.',
];

describe('lintProse', () => {
  it.each(REJECTED)('rejects %j in documents, comments and strings', async (text) => {
    expect(await lintProse('a.md', `Text.\n\n${text}\n`)).not.toEqual([]);
    expect(await lintProse('a.ts', `/** ${text} */\n`)).not.toEqual([]);
    expect(await lintProse('a.ts', `log(${JSON.stringify(text)});\n`)).not.toEqual([]);
  });

  it.each(ACCEPTED)('accepts %j', async (text) => {
    expect(await lintProse('a.md', `${text}\n`)).toEqual([]);
    expect(await lintProse('a.ts', `/** ${text} */\n`)).toEqual([]);
  });

  it('reports file, line, wording and direction', async () => {
    expect(await lintProse('a.md', '# Title\n\nText that\nnobody reads.\n')).toEqual([
      { file: 'a.md', line: 4, message: 'nobody => no one no one, no client, nothing' },
    ]);
  });

  it('reads wrapped sentences, tables, headings and emphasis in documents', async () => {
    const lines = async (text: string) => (await lintProse('a.md', text)).map(({ line }) => line);
    expect(await lines('one Lease\na member\n')).toEqual([1]);
    expect(await lines('| A |\n| - |\n| mended |\n')).toEqual([3]);
    expect(await lines('# Title\n\n# for people\n')).toEqual([3]);
    expect(await lines('**nobody**, [people](x), > somebody\n')).toHaveLength(3);
  });

  it('skips code in documents and in comments', async () => {
    expect(await lintProse('a.md', '`nobody`\n\n```\nmended\n```\n')).toEqual([]);
    expect(await lintProse('a.ts', '/** The value `nobody`. */')).toEqual([]);
  });
});

describe('prose of code', () => {
  const texts = (source: string) =>
    proseOf('a.ts', source).ast.children.map(({ raw }) => raw.replace(/\s+/g, ' ').trim());

  it('consists of comments and literals of several words', () => {
    const source = [
      "import x from 'not this';",
      '/** Reads a',
      ' *  line. */',
      "const a = 'two words', b = 'one', c = 'a/b-c', d = \"it's plain text\";",
      '// Follows',
      '// on.',
      'const e = 1; // Alone here.',
      '// biome-ignore lint: no prose',
    ].join('\n');
    expect(texts(source)).toEqual([
      'not this',
      'Reads a line.',
      'two words',
      "it's plain text",
      'Follows on.',
      'Alone here.',
    ]);
  });

  it('masks the expressions of a template, including strings', () => {
    const inserted = (expression: string) => `\${${expression}}`;
    expect(texts(`const a = \`no ${inserted("kind('of a thing')")} found in ${inserted('b')}\`;`)).toEqual([
      'no XXXXXXXXXXXXXXXXXXXXX found in XXXX',
    ]);
  });

  it('keeps its position in the file', async () => {
    const source = '/*\n * one\n */\nconst a = 1;\n/**\n * Some text\n * for\n * people.\n */\n';
    expect(proseOf('a.ts', source).text).toHaveLength(source.length);
    expect(await lintProse('a.ts', source)).toEqual([{ file: 'a.ts', line: 8, message: 'people => users' }]);
  });

  it('of a source without prose is empty', () => {
    expect(texts("const a = 'b';")).toEqual([]);
  });
});

it('finds nothing in the command line and the registry of errors', async () => {
  const files = [...globSync('src/cli/**/*.ts', { cwd: ROOT }), 'src/runtime/errors.ts'];
  expect(files).toContain('src/cli/help.ts');
  const found = await Promise.all(files.map((file) => lintProse(file, readFileSync(join(ROOT, file), 'utf8'))));
  expect(found.flat()).toEqual([]);
});
