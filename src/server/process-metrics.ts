import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** They count every connection of the process on each scrape, of which a large fleet has thousands. */
const COSTLY = ['nodejs_active_resources', 'nodejs_active_handles', 'nodejs_active_requests'].flatMap((name) => [
  name,
  `${name}_total`,
]);

/** Registers the version of the program, and prom-client's metrics of the process and of Node.js. */
export function registerProcessMetrics(registry: Registry, version: string): void {
  collectDefaultMetrics({ register: registry });
  for (const name of COSTLY) registry.removeSingleMetric(name);
  new Gauge({
    name: 'catamaran_build_info',
    help: 'Always 1; the label has the version of the program.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
}
