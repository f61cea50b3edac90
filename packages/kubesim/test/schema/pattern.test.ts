import { describe, expect, it } from 'vitest';
import type { OpenApiSchema } from '../../src/machinery/schema.ts';
import { matchesPattern, patternProblem } from '../../src/schema/pattern.ts';
import { validateSchema } from '../../src/schema/validate.ts';

describe('a pattern of a schema', () => {
  it.each([
    ['^(a+)+$', `${'a'.repeat(10_000)}!`, false],
    ['(x+x+)+y', 'x'.repeat(10_000), false],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(10_000), false],
    ['^(a|a)*$', 'a'.repeat(10_000), true],
    ['(?i)ABC', 'xabcx', true],
    ['^\\pL+$', 'é', true],
    ['^[[:alpha:]]+$', 'abc', true],
    ['^.$', '🛶', true],
    ['\\Qa.b\\E', 'axb', false],
  ])('%s is matched as by Go', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  it.each([
    ['(?=a)b', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['(a', 'error parsing regexp: missing closing ): `(a`'],
    ['[', 'error parsing regexp: missing closing ]: `[`'],
    ['a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`'],
    ['((a{100}){100}){100}', 'error parsing regexp: invalid repeat count: `{100}`'],
    ['\\8', 'error parsing regexp: invalid escape sequence: `\\8`'],
  ])('%s is rejected as by Go', (pattern, problem) => {
    expect(patternProblem(pattern)).toBe(problem);
  });

  it('validates a value in time linear to its length', () => {
    const schema: OpenApiSchema = { type: 'object', properties: { name: { type: 'string', pattern: '^(a+)+$' } } };
    const [error] = validateSchema(schema, { name: `${'a'.repeat(50_000)}!` });
    expect(error?.detail).toContain("should match '^(a+)+$'");
  });
});
