/** `catamaran install`: what the Helm chart installs, without Helm. */
import { Option } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import type { JsonObject } from '../../api/json.ts';
import { loadFleet } from '../../config/watch.ts';
import { MODES } from '../../install/chart-values.ts';
import { install } from '../../install/create-objects.ts';
import { fleetValues } from '../../install/fleet-values.ts';
import { installedObjects, mergedValues, namespaceObject } from '../../install/installation.ts';
import { loadValues } from '../../install/load-values.ts';
import { parseYaml } from '../../runtime/yaml.ts';
import { type ClusterOptions, withClient, withCluster } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { examples } from '../help.ts';
import { clusterVersion, namespaceOption } from '../installing.ts';
import { yamlDocuments } from '../output.ts';
import { nonEmpty } from '../values.ts';

interface InstallOptions extends ClusterOptions {
  readonly mode?: (typeof MODES)[number];
  readonly namespace: string;
  readonly values: readonly string[];
  readonly fleet?: string;
  readonly image?: string;
  readonly dryRun: boolean;
  readonly output?: 'yaml' | 'json';
}

/** The version for which objects are printed, since no cluster is asked: all that the manifests depend on is in it. */
const PRINTED_FOR = '1.30';

/** `spec` of a fleet file that the controller accepts. */
async function fleetOf(file: string): Promise<JsonObject> {
  const { text } = await loadFleet(file);
  // Validated above.
  const { spec } = parseYaml(text).value as { readonly spec: JsonObject };
  return fleetValues(spec, file);
}

/** `registry/repository:tag` or `...@digest`. */
function imageValues(image: string): JsonObject {
  const [name = '', digest] = image.split('@');
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const repository = hasTag ? name.slice(0, colon) : name;
  return { image: { repository, ...(hasTag && { tag: name.slice(colon + 1) }), ...(digest && { digest }) } };
}

/** The values of all options; later ones win. */
async function valuesOf({ values, fleet, mode, image }: InstallOptions): Promise<JsonObject> {
  return mergedValues(
    ...(await Promise.all(values.map(loadValues))),
    fleet === undefined ? {} : await fleetOf(fleet),
    image === undefined ? {} : imageValues(image),
    mode === undefined ? {} : { mode },
  );
}

function printed(objects: readonly JsonObject[], format: 'yaml' | 'json'): string {
  if (format === 'json') return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2)}\n`;
  return yamlDocuments(objects);
}

async function run(options: InstallOptions, context: CliContext): Promise<void> {
  const { stdout } = context;
  const { namespace, dryRun, output } = options;
  const values = await valuesOf(options);
  const objectsFor = (kubernetes: string) => [
    namespaceObject(namespace),
    ...installedObjects({ namespace, values, version: packageJson.version, kubernetes }),
  ];
  if (output !== undefined) {
    stdout.write(printed(objectsFor(PRINTED_FOR), output));
    return;
  }
  await withClient(options, context, async (client) => {
    await install(client, objectsFor(await clusterVersion(client)), {
      dryRun,
      onOutcome: ({ object, action }) => stdout.write(`${object} ${action}${dryRun ? ' (dry run)' : ''}\n`),
    });
  });
}

function collect(file: string, before: readonly string[]): readonly string[] {
  return [...before, nonEmpty(file)];
}

export const registerInstall: Register = (program, context) => {
  const command = program
    .command('install')
    .description('install Catamaran in a cluster, as the Helm chart does')
    .addOption(
      new Option('--mode <mode>', 'what to install').choices(MODES).default(undefined, 'that of the values, or hub'),
    )
    .addOption(namespaceOption())
    .addOption(
      new Option('-f, --values <file>', 'values of the Helm chart; repeated files are merged')
        .argParser(collect)
        .default([], 'those of the chart'),
    )
    .addOption(new Option('--fleet <file>', 'fleet file; replaces fleet of the values').argParser(nonEmpty))
    .addOption(
      new Option('--image <name>', 'container image').argParser(nonEmpty).default(undefined, 'that of the values'),
    )
    .option('--dry-run', 'print what would be created or changed without writing it', false)
    .addOption(
      new Option('-o, --output <format>', 'print the objects instead, without a cluster').choices(['yaml', 'json']),
    );
  withCluster(command)
    .addHelpText(
      'after',
      examples(
        ['catamaran install --context hub --fleet fleet.yaml', 'the controller of a fleet'],
        ['catamaran install --context cluster1 --mode member', 'account and rights for a controller elsewhere'],
        ['catamaran install --context cluster1 --mode dns', 'the DNS server of a cluster'],
        ['catamaran install --context hub --values values.yaml --dry-run', 'print what would change'],
        ['catamaran install --mode cluster --fleet fleet.yaml --output yaml', 'print the objects'],
      ),
    )
    .action((options: InstallOptions) => {
      if (options.dryRun && options.output !== undefined) {
        return command.error("options '--dry-run' and '-o, --output <format>' are mutually exclusive");
      }
      return run(options, context);
    });
};
