/** An SVG bar chart of the figures: per row, bars for Catamaran and the bare relay, and the target. */
import { amount, type Figure } from './figures.ts';
import { verdictOf } from './table.ts';

export const WIDTH = 960;
export const MARGIN = 24;
const ROW_HEIGHT = 76;
const HEADER_HEIGHT = 92;
const FOOTER_HEIGHT = 44;
const BARS = { x: MARGIN, width: 560, height: 13 };
const VERDICT_X = WIDTH - MARGIN;

/** Includes a background, so that the chart looks the same on dark pages. */
export const COLOURS = {
  background: '#ffffff',
  text: '#1f2328',
  muted: '#656d76',
  line: '#d8dee4',
  catamaran: '#0b6bcb',
  relay: '#b4bcc6',
  target: '#8250df',
  met: '#1a7f37',
  missed: '#cf222e',
};

/** A self-contained SVG. */
export function picture(figures: readonly Figure[], caption: string): string {
  const height = HEADER_HEIGHT + figures.length * ROW_HEIGHT + FOOTER_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" role="img" aria-label="Benchmark of the engine and a bare relay">`,
    `<rect width="${WIDTH}" height="${height}" fill="${COLOURS.background}"/>`,
    ...header(),
    ...figures.map((figure, index) => rowOf(figure, HEADER_HEIGHT + index * ROW_HEIGHT)),
    label(MARGIN, height - 18, escaped(caption), { size: 12, fill: COLOURS.muted }),
    '</svg>\n',
  ].join('\n');
}

function header(): string[] {
  const y = 66;
  const key = (x: number, fill: string, text: string): string =>
    `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${fill}"/>${label(x + 18, y, text, { size: 13 })}`;
  return [
    label(MARGIN, 36, 'Catamaran and a bare relay, on real API servers', { size: 20, weight: 600 }),
    key(MARGIN, COLOURS.catamaran, 'Catamaran'),
    key(MARGIN + 110, COLOURS.relay, 'bare relay: copies from one API server to another'),
    `<path d="M${MARGIN + 596} ${y - 12}v16" stroke="${COLOURS.target}" stroke-width="2"/>`,
    label(MARGIN + 606, y, 'target: at most', { size: 13 }),
  ];
}

function rowOf(figure: Figure, y: number): string {
  const { row, catamaran, baseline, unit, ratio, target } = figure;
  const fill = figure.met === null ? COLOURS.muted : figure.met ? COLOURS.met : COLOURS.missed;
  const comparison = [ratio === null ? '' : `${ratio}x`, target === '' ? '' : `target ${target}`].filter(
    (text) => text !== '',
  );
  return [
    `<path d="M${MARGIN} ${y}H${WIDTH - MARGIN}" stroke="${COLOURS.line}"/>`,
    label(MARGIN, y + 22, escaped(row), { size: 14 }),
    label(VERDICT_X, y + 22, verdictOf(figure), { size: 14, weight: 600, fill, anchor: 'end' }),
    label(VERDICT_X, y + 46, escaped(comparison.join(', ')), { size: 13, fill: COLOURS.muted, anchor: 'end' }),
    ...(catamaran === null
      ? [label(MARGIN, y + 46, escaped(figure.note ?? ''), { size: 13, fill: COLOURS.muted })]
      : bars(catamaran, baseline, limitOf(figure), unit, y + 32)),
  ].join('\n');
}

/** The target in the unit of the figure; undefined without a target. */
function limitOf({ target, baseline }: Figure): number | undefined {
  const times = /^<= ([\d.]+)x$/.exec(target)?.[1];
  if (times !== undefined) return baseline === null ? undefined : Number(times) * baseline;
  if (target === '') return undefined;
  return Number.parseFloat(target.replace('<= ', '').replaceAll(',', ''));
}

function bars(
  catamaran: number,
  baseline: number | null,
  limit: number | undefined,
  unit: string,
  y: number,
): string[] {
  // Leaves room for the figure after the longest bar.
  const longest = Math.max(catamaran, baseline ?? 0, limit ?? 0) || 1;
  const scaled = (value: number): number => Math.round((value / longest) * (BARS.width - 90));
  const bar = (value: number, top: number, fill: string): string =>
    `<rect x="${BARS.x}" y="${top}" width="${Math.max(scaled(value), 1)}" height="${BARS.height}" fill="${fill}"/>` +
    label(BARS.x + scaled(value) + 8, top + 11, amount(value, unit), { size: 12, halo: true });
  const second = y + BARS.height + 3;
  const height = baseline === null ? BARS.height : 2 * BARS.height + 3;
  const x = limit === undefined ? 0 : BARS.x + scaled(limit);
  return [
    bar(catamaran, y, COLOURS.catamaran),
    ...(baseline === null ? [] : [bar(baseline, second, COLOURS.relay)]),
    // Zero is the left edge and needs no line.
    ...(limit === undefined || limit === 0
      ? []
      : [`<path d="M${x} ${y - 3}v${height + 6}" stroke="${COLOURS.target}" stroke-width="2"/>`]),
  ];
}

interface Style {
  readonly size: number;
  readonly weight?: number;
  readonly fill?: string;
  readonly anchor?: 'end';
  /** Draws an outline in the background color. */
  readonly halo?: boolean;
}

export function label(x: number, y: number, text: string, { size, weight, fill, anchor, halo }: Style): string {
  const attributes = [
    `x="${x}" y="${y}" font-size="${size}" fill="${fill ?? COLOURS.text}"`,
    ...(weight === undefined ? [] : [`font-weight="${weight}"`]),
    ...(anchor === undefined ? [] : [`text-anchor="${anchor}"`]),
    ...(halo ? [`stroke="${COLOURS.background}" stroke-width="4" paint-order="stroke"`] : []),
  ];
  return `<text ${attributes.join(' ')}>${text}</text>`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
