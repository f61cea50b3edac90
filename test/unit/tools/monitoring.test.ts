/** The alerts and the dashboard: against the metrics of the program, their documentation, and by promtool. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CONTROLLER_ALERTS, DNS_ALERTS } from '../../../src/install/alert-rules.ts';
import { dashboard } from '../../../src/install/dashboard.ts';
import { allMetrics, type Metric } from '../../../tools/codegen/metrics-reference.ts';
import { MONITORING } from '../../../tools/codegen/monitoring.ts';
import { findBinary } from '../../../tools/controlplane/binaries.ts';
import { ROOT } from '../../../tools/paths.ts';
import { parseQuery, type Selector } from './promql.ts';

const ALERTS = [...CONTROLLER_ALERTS, ...DNS_ALERTS];
const TESTS = join(ROOT, 'test/monitoring');

/** Labels that Prometheus adds to what it scrapes in a cluster; it renames a metric's own of the same name. */
const TARGET_LABELS = ['cluster', 'container', 'endpoint', 'instance', 'job', 'namespace', 'node', 'pod', 'service'];
/** Those that expressions may use; also without the operator, some are always there. */
const USED_TARGET_LABELS = ['instance', 'job', 'namespace'];

let metrics: ReadonlyMap<string, Metric>;
beforeAll(async () => {
  metrics = new Map((await allMetrics()).map((metric) => [metric.name, metric]));
});

function metricOf(series: string): Metric | undefined {
  const histogram = metrics.get(series.replace(/_(bucket|count|sum)$/, ''));
  return histogram?.type === 'histogram' ? histogram : metrics.get(series);
}

function problemsOf({ metric: series, matchers }: Selector): readonly string[] {
  const metric = metricOf(series);
  if (!metric) return [`${series} is not a metric`];
  if (metric.type === 'histogram' && metric.name === series) return [`${series} is a histogram`];
  return matchers.flatMap(({ label, value }): readonly string[] => {
    if (label === 'le' && series.endsWith('_bucket')) {
      return metric.buckets?.includes(Number(value)) ? [] : [`${series} has no bucket ${value}`];
    }
    return metric.labelNames.includes(label) ? [] : [`${series} has no label ${label}`];
  });
}

/** What an expression refers to that does not exist. */
function missingIn(expr: string): readonly string[] {
  const { selectors, grouping } = parseQuery(expr);
  const known = selectors.flatMap(({ metric }) => [
    ...(metricOf(metric)?.labelNames ?? []),
    ...(metric.endsWith('_bucket') ? ['le'] : []),
  ]);
  const unknown = grouping.filter((label) => ![...known, ...USED_TARGET_LABELS].includes(label));
  return [...selectors.flatMap(problemsOf), ...unknown.map((label) => `no metric has the label ${label}`)];
}

describe('the check of expressions', () => {
  it.each([
    ['catamaran_nothing > 0', ['catamaran_nothing is not a metric']],
    ['sum(catamaran_member_up{state="x"})', ['catamaran_member_up has no label state']],
    ['catamaran_propagation_seconds', ['catamaran_propagation_seconds is a histogram']],
    ['catamaran_propagation_seconds_bucket{le="3"}', ['catamaran_propagation_seconds_bucket has no bucket 3']],
    ['sum by (kind) (catamaran_member_up)', ['no metric has the label kind']],
    ['sum by (member) (rate(catamaran_propagation_seconds_bucket{le="5"}[5m]))', []],
  ])('%s', (expr, problems) => {
    expect(missingIn(expr)).toEqual(problems);
  });

  it('rejects what is not PromQL', () => {
    expect(() => missingIn('sum by (catamaran_member_up')).toThrow('not PromQL');
  });
});

it('no metric has a label that Prometheus would rename', () => {
  const labels = [...metrics.values()].filter(({ name }) => name.startsWith('catamaran_')).flatMap((m) => m.labelNames);
  expect(labels.filter((label) => TARGET_LABELS.includes(label))).toEqual([]);
});

describe.each(ALERTS)('$alert ($severity)', ({ expr, summary, description }) => {
  it('has an expression of metrics and labels that exist', () => {
    expect(missingIn(expr)).toEqual([]);
  });

  it('has annotations with labels that the expression keeps', () => {
    const { grouping } = parseQuery(expr);
    const used = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(used.filter((label) => !grouping.includes(label))).toEqual([]);
  });
});

describe('docs/guides/alerts.md', () => {
  const document = readFileSync(join(ROOT, 'docs/guides/alerts.md'), 'utf8');
  const sections = document.split(/^## (?=Catamaran)/m).slice(1);

  it('has a section for each alert, in order', () => {
    expect(sections.map((section) => section.slice(0, section.indexOf('\n')))).toEqual([
      ...new Set(ALERTS.map(({ alert }) => alert)),
    ]);
  });

  it('has what it means, its impact, what to look at and what to do', () => {
    for (const section of sections) {
      const parts = [...section.matchAll(/^\*\*(.+?)\*\*: /gm)].map(([, part]) => part);
      expect(parts, section).toEqual(['Meaning', 'Impact', 'Look at', 'Do']);
    }
  });
});

describe('the rules, by promtool', () => {
  const promtool = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(findBinary('promtool'), args, { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };
  const files = (folder: string, end: string) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(end))
      .map((name) => join(folder, name));

  it('are valid', () => {
    const args = ['check', 'rules', '--lint=all', '--lint-fatal', ...files(join(ROOT, MONITORING), '.rules.yaml')];
    expect(promtool(...args)).toMatchObject({ status: 0 });
  });

  it('pass test/monitoring', () => {
    const { status, output } = promtool('test', 'rules', ...files(TESTS, '.test.yml'));
    expect(status, output).toBe(0);
  });

  it('are all tested', () => {
    const tests = files(TESTS, '.test.yml').map((file) => readFileSync(file, 'utf8'));
    expect(ALERTS.filter(({ alert }) => !tests.some((text) => text.includes(alert)))).toEqual([]);
  });
});

const panelSchema = z.object({
  type: z.string(),
  title: z.string(),
  description: z.string().optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string().optional() }) }).optional(),
  targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).default([]),
});

/** As Grafana replaces its variables. */
function interpolated(expr: string): string {
  return expr.replaceAll(/\$__(rate_interval|range)/g, '5m').replaceAll('$member', '.*');
}

describe('the dashboard', () => {
  const panels = z
    .array(panelSchema)
    .parse(dashboard().panels)
    .filter(({ type }) => type !== 'row');

  it.each(panels)('$title: metrics, labels, unit and description exist', ({ targets, fieldConfig, description }) => {
    expect(targets.flatMap(({ expr }) => missingIn(interpolated(expr)))).toEqual([]);
    expect(targets).not.toEqual([]);
    expect(fieldConfig?.defaults.unit).toBeTruthy();
    expect(description).toBeTruthy();
  });

  it.each(panels)('$title: legends have labels that the query keeps', ({ targets }) => {
    for (const { expr, legendFormat } of targets) {
      const kept = parseQuery(interpolated(expr)).grouping;
      const used = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect(used.filter((label = '') => !kept.includes(label))).toEqual([]);
    }
  });

  it('has panels that fill their rows', () => {
    const widths = new Map<number, number>();
    for (const { gridPos } of panels) widths.set(gridPos.y, (widths.get(gridPos.y) ?? 0) + gridPos.w);
    expect([...widths.values()].filter((width) => width !== 24)).toEqual([]);
  });
});
