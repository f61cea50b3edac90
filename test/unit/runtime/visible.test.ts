import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { rendered } from '../../../src/cli/output.ts';
import { createLog, type LogFormat } from '../../../src/runtime/log.ts';
import { table } from '../../../src/runtime/text-table.ts';
import { visible, visibleJson, visibleLines } from '../../../src/runtime/visible.ts';
import { ACTING, poisoned } from '../../support/poison.ts';

describe('visible', () => {
  it.each([
    ['a\u001b[2Jb', 'a\\u{1b}[2Jb'],
    ['bell\u0007', 'bell\\u{7}'],
    ['csi\u009b31m', 'csi\\u{9b}31m'],
    ['two\nlines', 'two\\u{a}lines'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['a\u200bb\u2066c\ufeff', 'a\\u{200b}b\\u{2066}c\\u{feff}'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['half \ud83d', 'half \\u{d83d}'],
    ['日本語, 🛶 and ñ', '日本語, 🛶 and ñ'],
  ])('%j becomes %s', (text, expected) => {
    expect(visible(text)).toBe(expected);
    expect(visible(visible(text))).toBe(expected);
  });

  it('leaves line breaks of a text of several lines', () => {
    expect(visibleLines('a\n\u001bb\r\n')).toBe('a\n\\u{1b}b\\u{d}\n');
  });
});

describe('a poisoned text', () => {
  it('stays the same value in JSON and YAML, and shows every character', () => {
    fc.assert(
      fc.property(poisoned, fc.constantFrom('json' as const, 'yaml' as const), (text, format) => {
        const value = { [text]: [text, { text }], plain: 'x' };
        const output = rendered(value, format, () => '');
        expect(output).not.toMatch(ACTING);
        expect(parse(output)).toEqual(value);
      }),
    );
  });

  it('is escaped in tables', () => {
    fc.assert(
      fc.property(poisoned, (text) => {
        const output = table([
          ['NAME', 'WHY'],
          [text, text],
        ]);
        expect(output).not.toMatch(ACTING);
        expect(output.split('\n')).toHaveLength(3);
      }),
    );
  });

  it('is escaped in the log, in fields, names of fields, errors and messages, and stays the same value in JSON', () => {
    fc.assert(
      fc.property(poisoned, fc.constantFrom<LogFormat>('json', 'text'), (text, format) => {
        const written: string[] = [];
        const destination = { write: (line: string) => void written.push(line) };
        const log = createLog({ level: 'debug', format, colors: false, destination });
        log.child({ bound: text }).warn({ text, list: [text], [text]: 1, err: new Error(text) }, text);
        expect(written).toHaveLength(1);
        const [line = ''] = written;
        expect(line.slice(0, -1)).not.toMatch(ACTING);
        expect(line.slice(0, -1)).not.toContain('\n');
        if (format === 'json') expect(JSON.parse(line)).toMatchObject({ text, bound: text, msg: text });
      }),
    );
  });

  it('stays the same value in any JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(visibleJson(JSON.stringify(text)))).toBe(text);
      }),
    );
  });
});
