/** An SVG bar chart of the figures: per row, bars for Catamaran, CoreDNS and the echo, and the target. */
import { COLOURS, escaped, label, MARGIN, WIDTH } from '../report/picture.ts';
import { type DnsFigure, type DnsResults, shown } from './figures.ts';

const HEADER_HEIGHT = 92;
const FOOTER_LINE = 18;
const FOOTER_MARGIN = 26;
const BAR_HEIGHT = 13;
const BAR_STEP = BAR_HEIGHT + 3;
/** Width of the bars and of the figures after them. */
const BARS_WIDTH = 560;
const FIGURE_WIDTH = 110;
const ECHO = '#dfe4ea';

/** A self-contained SVG. */
export function dnsPicture({ machine, note, figures }: DnsResults): string {
  let height = HEADER_HEIGHT;
  const rows = figures.map((figure) => {
    const y = height;
    height += 44 + barsOf(figure).length * BAR_STEP;
    return rowOf(figure, y);
  });
  const footer = [machine, ...note.split(/(?<=[;.]) /)];
  const footerTop = height + FOOTER_MARGIN;
  height = footerTop + footer.length * FOOTER_LINE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" role="img" aria-label="Benchmark of catamaran dns and CoreDNS">`,
    `<rect width="${WIDTH}" height="${height}" fill="${COLOURS.background}"/>`,
    ...header(),
    ...rows,
    ...footer.map((line, i) =>
      label(MARGIN, footerTop + i * FOOTER_LINE, escaped(line), { size: 12, fill: COLOURS.muted }),
    ),
    '</svg>\n',
  ].join('\n');
}

function header(): string[] {
  const y = 66;
  const key = (x: number, fill: string, text: string): string =>
    `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${fill}"/>${label(x + 18, y, text, { size: 13 })}`;
  const title = 'catamaran dns and CoreDNS, same objects, one core each';
  return [
    label(MARGIN, 36, title, { size: 20, weight: 600 }),
    key(MARGIN, COLOURS.catamaran, 'catamaran dns'),
    key(MARGIN + 130, COLOURS.relay, 'CoreDNS 1.14, multicluster'),
    key(MARGIN + 340, ECHO, 'UDP echo in Node: upper limit'),
    `<path d="M${MARGIN + 546} ${y - 12}v16" stroke="${COLOURS.target}" stroke-width="2"/>`,
    label(MARGIN + 556, y, 'target: at most', { size: 13 }),
  ];
}

function barsOf({ catamaran, coredns, echo }: DnsFigure): { readonly value: number; readonly fill: string }[] {
  const bars = [
    { value: catamaran, fill: COLOURS.catamaran },
    { value: coredns, fill: COLOURS.relay },
  ];
  return echo === null ? bars : [...bars, { value: echo, fill: ECHO }];
}

function rowOf(figure: DnsFigure, y: number): string {
  const { row, unit, toCoredns, target, met } = figure;
  const fill = met === null ? COLOURS.muted : met ? COLOURS.met : COLOURS.missed;
  const verdict = met === null ? '' : met ? 'met' : 'MISSED';
  const bars = barsOf(figure);
  const limit = Number(/<= (\S+)/.exec(target)?.[1] ?? Number.NaN);
  const longest = Math.max(...bars.map(({ value }) => value), limit || 0) || 1;
  const scaled = (value: number): number => Math.round((value / longest) * (BARS_WIDTH - FIGURE_WIDTH));
  const right = { size: 13, fill: COLOURS.muted, anchor: 'end' } as const;
  return [
    `<path d="M${MARGIN} ${y}H${WIDTH - MARGIN}" stroke="${COLOURS.line}"/>`,
    label(MARGIN, y + 22, escaped(row), { size: 14 }),
    label(WIDTH - MARGIN, y + 22, verdict, { size: 14, weight: 600, fill, anchor: 'end' }),
    label(WIDTH - MARGIN, y + 46, `${shown(toCoredns)}x CoreDNS`, right),
    label(WIDTH - MARGIN, y + 62, target === '' ? '' : escaped(`target ${target}`), right),
    ...bars.flatMap(({ value, fill: colour }, i) => {
      const top = y + 32 + i * BAR_STEP;
      return [
        `<rect x="${MARGIN}" y="${top}" width="${Math.max(scaled(value), 1)}" height="${BAR_HEIGHT}" fill="${colour}"/>`,
        label(MARGIN + scaled(value) + 8, top + 11, `${shown(value)} ${unit}`, { size: 12, halo: true }),
      ];
    }),
    ...(Number.isNaN(limit)
      ? []
      : [
          `<path d="M${MARGIN + scaled(limit)} ${y + 29}v${bars.length * BAR_STEP + 3}" stroke="${COLOURS.target}" stroke-width="2"/>`,
        ]),
  ].join('\n');
}
