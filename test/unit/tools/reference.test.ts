import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Counter, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { markdownTable, withBlocks } from '../../../tools/codegen/markdown.ts';
import { metricsTable } from '../../../tools/codegen/metrics-reference.ts';
import { REFERENCE } from '../../../tools/codegen/reference.ts';

describe('the reference', () => {
  it.each(REFERENCE)('$file is up to date with `make docs`', async ({ file, render }) => {
    const document = readFileSync(join(import.meta.dirname, '../../..', file), 'utf8');
    expect(await render(document)).toBe(document);
  });

  it('of the command line has names, choices and defaults of options', () => {
    const document = readFileSync(join(import.meta.dirname, '../../../docs/reference/cli.md'), 'utf8');
    expect(document).toMatch(/^\| `-o, --output <format>` \| Output format: `yaml`, `json`\. \| yaml +\|$/m);
    expect(document).toMatch(/^\| `--listen <host:port>` +\| .* \| 127\.0\.0\.1:9470 +\|$/m);
    expect(document).toMatch(/^\| 130 +\| Stopped by SIGINT/m);
    expect(document).toMatch(/^\| `KUBECONFIG` +\| /m);
  });
});

describe('withBlocks', () => {
  const document = 'prose\n<!-- generated: a -->\nold\n<!-- end -->\nmore\n<!-- generated: b -->\n<!-- end -->\n';

  it('replaces blocks by name and keeps the prose', () => {
    const blocks = new Map([
      ['a', 'costs $1'],
      ['b', 'B'],
    ]);
    const replaced =
      'prose\n<!-- generated: a -->\n\ncosts $1\n\n<!-- end -->\nmore\n<!-- generated: b -->\n\nB\n\n<!-- end -->\n';
    expect(withBlocks(document, blocks)).toBe(replaced);
    expect(withBlocks(replaced, blocks)).toBe(replaced);
  });

  it.each([[['a']], [['a', 'b', 'c']], [['b', 'a']]])('rejects a document without exactly the blocks %j', (names) => {
    expect(() => withBlocks(document, new Map(names.map((name) => [name, ''])))).toThrow('expected the blocks');
  });
});

it('a table is aligned and escapes its separator', () => {
  expect(markdownTable(['A', 'Long'], [['a|b', 'c']])).toBe('| A    | Long |\n| ---- | ---- |\n| a\\|b | c    |');
});

describe('metricsTable', () => {
  it('has type, labels, help and buckets', async () => {
    const registers = [new Registry()] as const;
    new Counter({ name: 'c_total', help: 'Count.', labelNames: ['x', 'y'], registers: [...registers] });
    new Histogram({ name: 'h_seconds', help: 'Time.', buckets: [0.5, 2], registers: [...registers] });
    const rows = (await metricsTable(registers[0])).split('\n').slice(2);
    expect(rows[0]).toMatch(/^\| `c_total` +\| counter +\| `x`, `y` \| Count\. +\|$/);
    expect(rows[1]).toMatch(/^\| `h_seconds` \| histogram \| +\| Time\. Buckets: 0\.5, 2\. +\|$/);
  });

  it('includes metrics that exist only in the exposition', async () => {
    class OwnHistogram extends Registry {
      override async metrics(): Promise<string> {
        return '# HELP own_seconds Own.\n# TYPE own_seconds histogram\nown_seconds_bucket{t="udp",le="0.1"} 0\nown_seconds_bucket{t="udp",le="+Inf"} 0\n';
      }
    }
    expect(await metricsTable(new OwnHistogram())).toContain(
      '| `own_seconds` | histogram | `t`    | Own. Buckets: 0.1. |',
    );
  });
});
