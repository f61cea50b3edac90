import { describe, expect, it } from 'vitest';
import { parseBounded } from '../../../../src/kube/client/bounded-json.ts';
import { DEFAULT_RESPONSE_BUDGET, OverBudget } from '../../../../src/kube/client/budget.ts';

const MIB = 1024 * 1024;

const parse = (text: string) => parseBounded(Buffer.from(text), DEFAULT_RESPONSE_BUDGET);

describe('parseBounded', () => {
  it.each<[string, string]>([
    ['lists that never end', '['.repeat(MIB)],
    ['lists in lists', '['.repeat(MIB / 2) + ']'.repeat(MIB / 2)],
    ['objects in objects', '{"a":'.repeat(MIB / 5)],
    ['many empty objects', `[${'{},'.repeat(MIB)}0]`],
    ['many numbers', `[${'0,'.repeat(MIB)}0]`],
  ])('refuses %s before parsing', (_, text) => {
    const start = performance.now();
    expect(() => parse(text)).toThrow(OverBudget);
    // Parsing any of these takes seconds on a slow machine.
    expect(performance.now() - start).toBeLessThan(500);
  });

  it.each<[string, string]>([
    ['brackets in a text', JSON.stringify({ text: '[{'.repeat(MIB / 2) })],
    ['quotes and backslashes in a text', JSON.stringify({ text: '"[\\'.repeat(MIB / 8), more: '\\' })],
    ['a slice of 1,000 endpoints', JSON.stringify({ endpoints: Array.from({ length: 1_000 }, endpoint) })],
    ['characters of several bytes', JSON.stringify({ text: 'größe 🚢'.repeat(20_000) })],
  ])('takes %s', (_, text) => {
    expect(JSON.stringify(parse(text))).toBe(text);
  });

  it('throws a SyntaxError for a large text that is not JSON', () => {
    expect(() => parse(`{"a":"${'x'.repeat(MIB)}`)).toThrow(SyntaxError);
  });
});

function endpoint(_: unknown, index: number) {
  return {
    addresses: [`10.0.${index >> 8}.${index & 255}`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${index}`,
    targetRef: { kind: 'Pod', namespace: 'ns', name: `pod-${index}`, uid: '3c2f7a4e-0000-4000-8000-000000000000' },
    zone: 'zone-a',
  };
}
