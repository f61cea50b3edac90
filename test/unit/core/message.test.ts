import { describe, expect, test } from 'vitest';
import { clipped, firstOf, joined } from '../../../src/core/message.ts';

describe('wording', () => {
  test('cuts a text between characters', () => {
    expect(clipped('abcdef', 6)).toBe('abcdef');
    expect(clipped('abcdef', 4)).toBe('abc…');
    expect(clipped('ab😀😀', 4)).toBe('ab…');
    expect(clipped('a\uFFFDb😀', 4)).toBe('a\uFFFDb…');
  });

  test('joins what fits, and counts the rest', () => {
    expect(joined(['one', 'two'], ', ')).toBe('one, two');
    expect(joined(['one', 'two'], ', ', 8)).toBe('one, two');
    expect(joined([], ', ')).toBe('');
    expect(joined(['one', 'two', 'three'], ', ', 9)).toBe('one, two, … and 1 more');
    expect(joined(['a long first part', 'two'], ', ', 6)).toBe('a lon…');
    expect(firstOf(['a', 'b', 'c'], 2, '; ')).toBe('a; b; … and 1 more');
    expect(firstOf(['a'], 2, '; ')).toBe('a');
  });
});
