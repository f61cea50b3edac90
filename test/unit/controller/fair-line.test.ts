import { describe, expect, it } from 'vitest';
import { FairLine } from '../../../src/controller/fair-line.ts';

function lineOf(...entries: readonly (readonly [key: string, origin: string])[]) {
  const line = new FairLine<string>();
  for (const [key, origin] of entries) line.add(key, origin);
  return line;
}

function drained(line: FairLine<string>): readonly string[] {
  const keys: string[] = [];
  for (let next = line.shift(); next; next = line.shift()) keys.push(next.key);
  return keys;
}

describe('a fair line', () => {
  it('lets origins take turns, each in the order in which its keys came', () => {
    expect(drained(lineOf(['a1', 'a'], ['a2', 'a'], ['a3', 'a'], ['b1', 'b'], ['b2', 'b'], ['c1', 'c']))).toEqual([
      'a1',
      'b1',
      'c1',
      'a2',
      'b2',
      'a3',
    ]);
  });

  it('has a key once, in the shorter lane', () => {
    const line = lineOf(['a1', 'a'], ['a2', 'a'], ['shared', 'a']);
    line.add('shared', 'b');
    line.add('shared', 'a');
    expect(line.size).toBe(3);
    expect(line.shift()).toEqual({ key: 'a1', origin: 'a' });
    expect(line.shift()).toEqual({ key: 'shared', origin: 'b' });
    expect(drained(line)).toEqual(['a2']);
    expect(line.size).toBe(0);
  });

  it('forgets keys', () => {
    const line = lineOf(['a1', 'a'], ['b1', 'b']);
    line.delete('a1');
    line.delete('missing');
    expect(line.has('a1')).toBe(false);
    expect(drained(line)).toEqual(['b1']);
    line.add('c1', 'c');
    line.clear();
    expect(drained(line)).toEqual([]);
  });
});
