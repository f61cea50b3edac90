/** The results as a text table. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { amount, type Figure } from './figures.ts';

/** Date, hardware and versions in one line. */
export function machine(): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${availableParallelism()} cores of ${model}, ${gib} GiB, Node ${process.versions.node}, Kubernetes 1.34`;
}

/** Empty without a target. */
export function verdictOf({ met, catamaran }: Pick<Figure, 'met' | 'catamaran'>): string {
  if (catamaran === null) return 'not measured';
  return met === null ? '' : met ? 'met' : 'MISSED';
}

/** The figures as a text table, followed by the notes. */
export function table(figures: readonly Figure[]): string {
  const header = ['', 'CATAMARAN', 'BARE RELAY', 'RATIO', 'TARGET', ''];
  const rows = figures.map((figure) => [
    figure.row,
    amount(figure.catamaran, figure.unit),
    amount(figure.baseline, figure.unit),
    figure.ratio === null ? '-' : `${figure.ratio}x`,
    figure.target,
    verdictOf(figure),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 5 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const notes = figures.flatMap(({ row, note }) => (note === undefined ? [] : [`  ${row}: ${note}`]));
  return [...lines, '', ...notes].join('\n');
}
