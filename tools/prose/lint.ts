/** The prose linter: textlint with the wordings of `rules.yml`, for Markdown and for the prose in code. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { TextlintKernel, type TextlintPluginCreator, type TextlintRuleModule } from '@textlint/kernel';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { CodeProse } from './code-prose.ts';

// CommonJS compiled from TypeScript, whose default import depends on the loader.
const require = createRequire(import.meta.url);
const markdown: { readonly default: TextlintPluginCreator } = require('@textlint/textlint-plugin-markdown');
const prh: { readonly default: TextlintRuleModule } = require('textlint-rule-prh');

export interface Finding {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

const rulesSchema = z.object({
  version: z.literal(1),
  rules: z.array(
    z.object({
      expected: z.string(),
      prh: z.string().optional(),
      patterns: z.array(z.string()).nonempty(),
      specs: z.array(z.object({ from: z.string(), to: z.string() })).nonempty(),
    }),
  ),
});

/** The rules in prh's format. A space in a pattern matches any white space, since texts are wrapped. */
function rules(): string {
  const { version, rules: all } = rulesSchema.parse(
    parse(readFileSync(join(import.meta.dirname, 'rules.yml'), 'utf8')),
  );
  const wrapped = all.map((rule) => ({
    ...rule,
    patterns: rule.patterns.map((pattern) => pattern.replaceAll(/ (?![*+{])/g, String.raw`\s+`)),
  }));
  return stringify({ version, rules: wrapped });
}

const kernel = new TextlintKernel();
const RULES = rules();

/** Findings of one file, in order. The extension of `file` selects the format: `.md` or `.ts`. */
export async function lintProse(file: string, text: string): Promise<readonly Finding[]> {
  const { messages } = await kernel.lintText(text, {
    ext: extname(file),
    filePath: file,
    plugins: [
      { pluginId: 'markdown', plugin: markdown.default },
      { pluginId: 'code', plugin: { Processor: CodeProse } },
    ],
    rules: [
      {
        ruleId: 'prh',
        rule: prh.default,
        options: { ruleContents: [RULES], checkLink: true, checkBlockQuote: true, checkEmphasis: true },
      },
    ],
  });
  return messages.map(({ message, range }) => ({
    file,
    line: text.slice(0, range[0]).split('\n').length,
    message: message.replaceAll(/\s+/g, ' '),
  }));
}
