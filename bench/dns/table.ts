import { type DnsResults, shown } from './figures.ts';

/** The figures as a text table, followed by the notes. */
export function dnsTable({ machine, note, figures }: DnsResults): string {
  const header = ['', 'CATAMARAN', 'COREDNS', 'ECHO', '', 'TO COREDNS', 'TO ECHO', 'TARGET', ''];
  const rows = figures.map(({ row, catamaran, coredns, echo, unit, toCoredns, toEcho, target, met }) => [
    row,
    ...[catamaran, coredns, echo].map(shown),
    unit,
    `${shown(toCoredns)}x`,
    toEcho === null ? '-' : `${shown(toEcho)}x`,
    target,
    met === null ? '' : met ? 'met' : 'MISSED',
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, column) =>
        [0, 4, 7, 8].includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const notes = figures.flatMap((figure) => (figure.note === undefined ? [] : [`  ${figure.row}: ${figure.note}`]));
  const missed = figures.filter(({ met }) => met === false).length;
  const verdict = missed === 0 ? 'All targets are met.' : `MISSED: ${missed} targets`;
  return [...lines, '', ...notes, '', machine, note, verdict].join('\n');
}
