import { describe, expect, it } from 'vitest';
import { DEFAULT_RESPONSE_BUDGET, type ResponseBudget } from '../../../../src/kube/client/budget.ts';
import { jsonLines } from '../../../../src/kube/client/lines.ts';

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(text: string, size: number, budget?: Partial<ResponseBudget>): Promise<unknown[]> {
  const limits = { ...DEFAULT_RESPONSE_BUDGET, ...budget };
  const lines = await Array.fromAsync(jsonLines(pieces(new TextEncoder().encode(text), size), limits));
  return lines.map(({ json }) => json);
}

describe('jsonLines', () => {
  const values = [{ name: 'größe', emoji: '🚢🚢' }, { list: [1, 2, 3] }, 'text', 7, null];
  const text = `${values.map((value) => JSON.stringify(value)).join('\n')}\n`;

  it.each([1, 2, 3, 5, 7, 16, 1_000])('yields the same values from chunks of %i bytes', async (size) => {
    expect(await read(text, size)).toEqual(values);
  });

  it('accepts a last line without newline', async () => {
    expect(await read('{"a":1}\n{"b":2}', 4)).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('skips empty lines and carriage returns', async () => {
    expect(await read('\n{"a":1}\r\n\n\r\n{"b":2}\n\n', 3)).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('yields nothing for an empty stream', async () => {
    expect(await read('', 1)).toEqual([]);
  });

  it('yields a line as soon as its newline arrives', async () => {
    const lines = jsonLines(
      (async function* () {
        yield new TextEncoder().encode('{"a":1}\n{"b"');
        await new Promise(() => {});
      })(),
    );
    expect((await lines.next()).value).toEqual({ json: { a: 1 }, bytes: 7 });
  });

  it('throws a SyntaxError for a line that is not JSON, after the valid ones', async () => {
    const lines = jsonLines(pieces(new TextEncoder().encode('{"a":1}\n{"b":\n{"c":3}\n'), 6));
    expect((await lines.next()).value).toEqual({ json: { a: 1 }, bytes: 7 });
    await expect(lines.next()).rejects.toThrow(SyntaxError);
  });

  it('rejects a line over the limit', async () => {
    await expect(read(`"${'x'.repeat(100)}"`, 10, { lineBytes: 50 })).rejects.toThrow('a line has more than 50 bytes');
  });

  it('reads a line of 1.5 MiB that arrives in small chunks', async () => {
    const long = 'x'.repeat(1.5 * 1024 * 1024);
    expect(await read(`${JSON.stringify(long)}\n`, 1_400)).toEqual([long]);
  });
});
