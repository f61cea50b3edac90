/** A line diff for terminal output. */

/** Unchanged lines shown around a change. */
const CONTEXT = 2;

interface Step {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

/** Lines prefixed with `-`, `+` or a blank, with {@link CONTEXT} around each change. Empty if the texts are equal. */
export function diff(before: string, after: string): string[] {
  if (before === after) return [];
  const steps = walk(linesOf(before), linesOf(after));
  const near = (index: number) =>
    steps.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== ' ');
  return steps.filter((_, index) => near(index)).map(({ mark, line }) => `${mark} ${line}`.trimEnd());
}

/** An empty text has no lines; a final newline adds none. */
function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Longest common subsequence in quadratic time, since configurations are short. */
function walk(a: readonly string[], b: readonly string[]): Step[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      steps.push({ mark: ' ', line: a[i++] ?? '' });
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      steps.push({ mark: '-', line: a[i++] ?? '' });
    } else steps.push({ mark: '+', line: b[j++] ?? '' });
  }
  return steps;
}
