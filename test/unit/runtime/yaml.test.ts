import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../src/runtime/yaml.ts';

const bomb = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
].join('\n');

describe('parseYaml', () => {
  it.each([
    ['aliases that expand exponentially', bomb, 'BAD_ALIAS'],
    ['an alias without an anchor', 'a: *b', 'BAD_ALIAS'],
    ['a node within itself', 'a: &a [*a]', 'BAD_ALIAS'],
    ['many aliases', `a: &a x\n${Array.from({ length: 20_000 }, (_, i) => `k${i}: *a`).join('\n')}`, 'BAD_ALIAS'],
    ['deep nesting', '['.repeat(20_000), 'RESOURCE_EXHAUSTION'],
    ['deep nesting in mappings', '{a: '.repeat(5_000), 'RESOURCE_EXHAUSTION'],
    ['a repeated key', 'a: 1\nb: 2\na: 3', 'DUPLICATE_KEY'],
    ['a mapping as a key', '{? {token: SECRET} : b}', 'BAD_KEY'],
    ['an alias as a key', 'a: &a x\n*a : b', 'BAD_KEY'],
    ['a repeated key below', 'a:\n- {b: 1, b: 2}', 'DUPLICATE_KEY'],
  ])('reports %s', (_what, text, code) => {
    const { value, problems } = parseYaml(text);
    expect(value).toBeUndefined();
    expect(problems[0]).toMatchObject({ code, message: expect.any(String), offset: expect.any(Number) });
  });

  // With the parser's own check of keys this takes minutes.
  it('parses a mapping of 20,000 keys', () => {
    const { value } = parseYaml(Array.from({ length: 20_000 }, (_, i) => `k${i}: v`).join('\n'));
    expect(Object.keys(value ?? {})).toHaveLength(20_000);
  }, 60_000);

  it('returns JSON, whose keys are only data', () => {
    expect(parseYaml('a: .inf\n__proto__: {b: 1}\nc: &c [1]\nd: *c').value).toEqual(
      JSON.parse('{"a":null,"__proto__":{"b":1},"c":[1],"d":[1]}'),
    );
    expect(parseYaml('').value).toBeNull();
  });
});
