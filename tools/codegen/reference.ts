/** Fully or partly generated documents, the Helm chart, and the files of deploy/monitoring. `make docs` writes them; a test compares them. */
import { fleetJsonSchema } from '../../src/config/schema.ts';
import { cliBlocks } from './cli-reference.ts';
import { chartFiles, valuesTable } from './helm-chart.ts';
import { withBlocks } from './markdown.ts';
import { metricsBlocks } from './metrics-reference.ts';
import { monitoringFiles } from './monitoring.ts';

interface Generated {
  readonly file: string;
  /** Returns the up-to-date document for the current one. */
  readonly render: (document: string) => string | Promise<string>;
}

export const REFERENCE: readonly Generated[] = [
  { file: 'docs/reference/cli.md', render: (document) => withBlocks(document, cliBlocks()) },
  { file: 'docs/reference/metrics.md', render: async (document) => withBlocks(document, await metricsBlocks()) },
  {
    file: 'docs/reference/values.md',
    render: (document) => withBlocks(document, new Map([['values', valuesTable()]])),
  },
  ...[...chartFiles(), ...monitoringFiles()].map(([file, text]) => ({ file, render: () => text })),
  { file: 'docs/reference/fleet.schema.json', render: () => `${JSON.stringify(fleetJsonSchema(), null, 2)}\n` },
];
