/** Generated blocks of `docs/reference/metrics.md`, from the registries of the controller and of the DNS server. */
import { Registry } from 'prom-client';
import { z } from 'zod';
import { Metrics } from '../../src/controller/metrics.ts';
import { DnsMetrics } from '../../src/dns/server/dns-metrics.ts';
import { registerProcessMetrics } from '../../src/server/process-metrics.ts';
import { markdownTable } from './markdown.ts';

const metricSchema = z.object({
  name: z.string(),
  type: z.string(),
  labelNames: z.array(z.string()),
  help: z.string(),
  buckets: z.array(z.number()).optional(),
});

export type Metric = Readonly<z.infer<typeof metricSchema>>;

/** Metrics that a registry adds only to the exposition, with the labels and buckets of their series. */
function ownMetrics(exposition: string, known: ReadonlySet<string>): readonly Metric[] {
  const types = [...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].filter(([, name = '']) => !known.has(name));
  return types.map(([, name = '', type = '']) => {
    const help = new RegExp(`^# HELP ${name} (.*)$`, 'm').exec(exposition)?.[1] ?? '';
    const series = [...exposition.matchAll(new RegExp(`^${name}\\w*\\{(.*)\\}`, 'gm'))].map(
      ([, labels = '']) => labels,
    );
    const labels = series.flatMap((text) => [...text.matchAll(/(\w+)="([^"]*)"/g)]);
    const values = (wanted: string) =>
      new Set(labels.filter(([, label]) => label === wanted).map(([, , value]) => value));
    const labelNames = [...new Set(labels.map(([, label = '']) => label))].filter((label) => label !== 'le');
    const buckets = [...values('le')].map(Number).filter(Number.isFinite);
    return { name, type, labelNames, help, ...(type === 'histogram' && { buckets }) };
  });
}

async function metricsOf(registry: Registry): Promise<readonly Metric[]> {
  const registered = z.array(metricSchema).parse(registry.getMetricsAsArray());
  return [...registered, ...ownMetrics(await registry.metrics(), new Set(registered.map(({ name }) => name)))];
}

export async function metricsTable(registry: Registry): Promise<string> {
  const rows = (await metricsOf(registry)).map(({ name, type, labelNames, help, buckets }) => [
    `\`${name}\``,
    type,
    labelNames.map((label) => `\`${label}\``).join(', '),
    buckets ? `${help} Buckets: ${buckets.join(', ')}.` : help,
  ]);
  return markdownTable(['Name', 'Type', 'Labels', 'Meaning'], rows);
}

function controllerRegistry(): Registry {
  const metrics = new Metrics();
  metrics.inventory(() => ({ accepted: 0, rejected: [] }));
  metrics.gauge(() => ({
    phases: { ready: 0, unreachable: 0, unknown: 0, refused: 0 },
    leases: 0,
    members: [],
    queue: { depth: 0, retrying: 0 },
    held: [],
  }));
  return metrics.registry;
}

function dnsRegistry(): Registry {
  const metrics = new DnsMetrics();
  metrics.gauge(() => ({ services: 0, names: 0, connections: 0, lostSeconds: 0 }));
  return metrics.registry;
}

/** All metrics that the program has, with those of its process. */
export async function allMetrics(): Promise<readonly Metric[]> {
  const shared = new Registry();
  registerProcessMetrics(shared, '');
  return (await Promise.all([controllerRegistry(), dnsRegistry(), shared].map(metricsOf))).flat();
}

/** Blocks by name, in the order of the document. */
export async function metricsBlocks(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['catamaran run', await metricsTable(controllerRegistry())],
    ['catamaran dns', await metricsTable(dnsRegistry())],
  ]);
}
