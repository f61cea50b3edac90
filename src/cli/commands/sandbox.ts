/**
 * `catamaran sandbox`: a clusterset on a laptop. What it is made of is large, so it is loaded when a command runs, not
 * with the program.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { parseDuration } from '../../config/duration.ts';
import type { ImportMode } from '../../core/view.ts';
import { createLog } from '../../runtime/log.ts';
import type { ActionRequest } from '../../sandbox/control-protocol.ts';
import { connector, targetOf } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { given, wholeNumber } from '../values.ts';

interface StateOptions {
  readonly stateDir: string;
}

interface UpCommandOptions extends StateOptions {
  readonly clusters: number;
  readonly import: ImportMode;
  readonly proxyPort?: number;
  readonly listenPort?: number;
  readonly detach: boolean;
}

interface CurlOptions extends StateOptions {
  readonly from: string;
  readonly namespace: string;
  readonly pod?: string;
  readonly include: boolean;
  readonly fail: boolean;
  readonly maxTime: number;
}

interface ApplyOptions extends StateOptions {
  readonly to: string;
  readonly filename: readonly string[];
  readonly namespace: string;
}

/** As many as have address ranges of their own. */
const MAX_CLUSTERS = 100;
const MAX_SLOW_MS = 60_000;
const MAX_TIME_MS = 86_400_000;

function parseSeconds(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1000) : parseDuration(text);
  if (ms !== undefined && ms > 0 && ms <= MAX_TIME_MS) return ms;
  throw new InvalidArgumentError('Write seconds, such as 5 or 0.5, a day (86400) at most.');
}

function withState(command: Command): Command {
  return command.addOption(
    new Option('--state-dir <dir>', 'folder of the sandbox, where its kubeconfig is')
      .argParser(given)
      .default('.catamaran'),
  );
}

/** Loads the bundle of its own. */
const loadSandbox = () => import('../../sandbox/index.ts');

async function remoteOf({ stateDir: path }: StateOptions) {
  const { remote, stateDir } = await loadSandbox();
  return remote(stateDir(path));
}

async function up({ detach, stateDir: path, ...options }: UpCommandOptions, context: CliContext): Promise<void> {
  const sandbox = await loadSandbox();
  const run = detach ? sandbox.upDetached : sandbox.up;
  await run({ ...options, state: sandbox.stateDir(path) }, context);
}

async function down({ stateDir: path }: StateOptions, { stdout, signal }: CliContext): Promise<void> {
  const sandbox = await loadSandbox();
  stdout.write(await sandbox.down(sandbox.stateDir(path), signal));
}

async function status(
  { output, ...options }: StateOptions & { readonly output: 'table' | 'wide' | 'json' | 'yaml' },
  { stdout }: CliContext,
): Promise<void> {
  const now = await (await remoteOf(options)).status();
  if (output === 'json') stdout.write(`${JSON.stringify(now, null, 2)}\n`);
  else if (output === 'yaml') stdout.write(stringify(now));
  else stdout.write((await loadSandbox()).statusText(now, output === 'wide'));
}

async function act(
  cluster: string,
  request: ActionRequest,
  said: string,
  options: StateOptions,
  { stdout }: CliContext,
): Promise<void> {
  await (await remoteOf(options)).act(cluster, request);
  stdout.write(`${cluster}: ${said}\n`);
}

async function curl(url: string, options: CurlOptions, context: CliContext): Promise<void> {
  const sandbox = await loadSandbox();
  const { include, fail, maxTime, namespace, pod } = options;
  const request = { url, namespace, ...(pod !== undefined && { pod }), include, fail, timeoutMs: maxTime };
  await sandbox.curl(await remoteOf(options), options.from, request, context);
}

async function apply({ to, filename, namespace, ...options }: ApplyOptions, context: CliContext): Promise<void> {
  const { readManifests, applyManifests } = await loadSandbox();
  const manifests = await readManifests(filename);
  const remote = await remoteOf(options);
  await remote.cluster(to);
  const { kubeconfig } = await remote.status();
  const logger = createLog({ level: 'warn', format: 'text', colors: context.stderrColors });
  const { environment, signal, stdout } = context;
  const client = await connector(environment, logger)(targetOf({ kubeconfig, context: to }, environment));
  try {
    await applyManifests(client, manifests, namespace, signal, (line) => stdout.write(`${line}\n`));
  } finally {
    await client.close();
  }
}

const EXAMPLES = `
Examples:
  catamaran sandbox up                                   two clusters and a controller, until Ctrl-C
  catamaran sandbox up --clusters 5 --import Manual
  catamaran sandbox status
  catamaran sandbox apply --to cluster1 -f web.yaml
  catamaran sandbox curl --from cluster2 amcs-web.default
  catamaran sandbox partition cluster1                   the controller cannot reach cluster1 any more
  catamaran sandbox heal cluster1
`;

/** Of each subcommand, those of its own. */
const OWN_EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  up: ['up', 'up --clusters 5 --import Manual', 'up --detach'],
  down: ['down'],
  status: ['status', "status --output json | jq '.clusters[].member'"],
  curl: [
    'curl --from cluster2 http://web.default.svc.clusterset.local',
    'curl --from cluster2 -n consumer-ns --pod deployment/client-pod service1.provider-ns',
  ],
  partition: ['partition cluster1'],
  heal: ['heal cluster1'],
  stop: ['stop cluster2'],
  start: ['start cluster2'],
  slow: ['slow cluster1 --ms 300', 'slow cluster1 --ms 0'],
  apply: ['apply --to cluster1 -f web.yaml', 'apply --to cluster1 -f web.yaml more.yaml --namespace shop'],
};

function withExamples(command: Command): void {
  const lines = (OWN_EXAMPLES[command.name()] ?? []).map((line) => `  catamaran sandbox ${line}\n`);
  command.addHelpText('after', `\nExamples:\n${lines.join('')}`);
}

export const registerSandbox: Register = (program, context) => {
  const sandbox = program
    .command('sandbox')
    .description('run clusters to try things on, on this machine, without root');
  sandbox.addHelpText('after', EXAMPLES);

  withState(sandbox.command('up').description('start clusters, their network and a controller; Ctrl-C ends them'))
    .addOption(new Option('--clusters <count>', 'how many clusters').argParser(wholeNumber(2, MAX_CLUSTERS)).default(2))
    .addOption(
      new Option('--import <mode>', 'who makes ServiceImports: Catamaran, or users')
        .choices(['Manual', 'Automatic'])
        .default('Automatic'),
    )
    .addOption(
      new Option('--proxy-port <port>', 'port of the proxy of cluster1; the others follow').argParser(
        wholeNumber(1, 65_535 - MAX_CLUSTERS),
      ),
    )
    .addOption(
      new Option('--listen-port <port>', 'port of /readyz and /metrics of the controller').argParser(
        wholeNumber(1, 65_535),
      ),
    )
    .option('--detach', 'return when everything is ready, and leave it running until `sandbox down`', false)
    .action((options: UpCommandOptions) => up(options, context));

  withState(sandbox.command('down').description('end what `sandbox up` started')).action((options: StateOptions) =>
    down(options, context),
  );

  withState(sandbox.command('status').description('show clusters, faults, members and the controller'))
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['table', 'wide', 'json', 'yaml']).default('table'),
    )
    .action((options) => status(options, context));

  withState(
    sandbox.command('curl').description('request a URL as a pod of a cluster does').argument('<url>', 'of http', given),
  )
    .requiredOption('--from <cluster>', 'the cluster of the pod')
    .option('-n, --namespace <name>', 'namespace of the pod: the first search domain', 'default')
    .option('--pod <name>', 'a pod that there is: its dnsConfig counts')
    .option('-i, --include', 'print the head of the answer, too', false)
    .option('-f, --fail', 'an answer of 400 and more is an error', false)
    .addOption(new Option('-m, --max-time <seconds>', 'for all of it').argParser(parseSeconds).default(30_000, '30'))
    .action((url: string, options: CurlOptions) => curl(url, options, context));

  const fault = (name: ActionRequest['action'], description: string, said: string): void => {
    withState(sandbox.command(name).description(description).argument('<cluster>')).action(
      (cluster: string, options: StateOptions) => act(cluster, { action: name }, said, options, context),
    );
  };
  fault(
    'partition',
    'cut the link between the controller and a cluster',
    'cut off from the controller; kubectl and traffic go on',
  );
  fault('heal', 'end `partition` and `slow`', 'the controller reaches it again');
  fault('stop', 'stop the API server of a cluster', 'its API server is stopped; traffic goes on');
  fault('start', 'start it again', 'its API server is running');

  withState(sandbox.command('slow').description('delay what a cluster answers to the controller').argument('<cluster>'))
    .addOption(
      new Option('--ms <count>', 'milliseconds; 0 ends it').argParser(wholeNumber(0, MAX_SLOW_MS)).default(500),
    )
    .action((cluster: string, { ms, ...options }: StateOptions & { readonly ms: number }) =>
      act(
        cluster,
        { action: 'slow', ms },
        ms === 0 ? 'answers without delay' : `answers to the controller ${ms} ms late`,
        options,
        context,
      ),
    );

  withState(sandbox.command('apply').description('apply YAML files to a cluster, on the server, without kubectl'))
    .requiredOption('--to <cluster>', 'the cluster')
    .requiredOption('-f, --filename <files...>', 'the files; - for stdin')
    .option('-n, --namespace <name>', 'namespace of objects that name none', 'default')
    .action((options: ApplyOptions) => apply(options, context));
  sandbox.commands.forEach(withExamples);
};
