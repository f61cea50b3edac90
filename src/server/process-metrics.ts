import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** Registers the version of the program, and prom-client's metrics of the process and of Node.js. */
export function registerProcessMetrics(registry: Registry, version: string): void {
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'catamaran_build_info',
    help: 'Always 1; the label has the version of the program.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
}
