import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import { CRDS } from '../../../src/api/crd-manifests.ts';
import type { Environment } from '../../../src/cli/environment.ts';
import { fail } from '../../../src/cli/exit.ts';
import { runCli } from '../../../src/cli/program.ts';
import { FleetConfigError } from '../../../src/config/problems.ts';
import { fleetJsonSchema } from '../../../src/config/schema.ts';
import { CatamaranError, ExitError } from '../../../src/runtime/errors.ts';
import { invoke, recordingContext } from '../../support/invoke.ts';

describe('catamaran', () => {
  it.each([['--version'], ['-V']])('%s prints the version of the package', async (flag) => {
    expect(await invoke([flag])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  it('--help lists the commands, with examples', async () => {
    const { code, stdout, stderr } = await invoke(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of ['crds', 'config', 'Examples:', 'kubectl apply -f -', 'Exit codes:'])
      expect(stdout).toContain(part);
  });

  it('config check reads standard input', async () => {
    const spec = { members: [{ name: 'a', context: 'a' }] };
    const stdin = JSON.stringify({ apiVersion: 'catamaran.dev/v1alpha1', kind: 'Fleet', spec });
    expect(await invoke(['config', 'check', '-c', '-'], { stdin })).toMatchObject({
      code: 0,
      stdout: 'stdin: ok, 1 member: a\n',
    });
    const wrong = await invoke(['config', 'check', '-c', '-'], { stdin: '{kind: Fleets}' });
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: \[CTM_CONFIG_INVALID\] stdin:1:/),
    });
  });

  it('help has the name by which kubectl starts it', async () => {
    const all = await invoke(['--help'], { name: 'kubectl mcs' });
    expect(all.stdout).toMatch(/^Usage: kubectl mcs \[options\] \[command\]/);
    expect(all.stdout).not.toMatch(/\bcatamaran [a-z]/);
    const one = await invoke(['explain', '--help'], { name: 'kubectl mcs' });
    expect(one.stdout).toMatch(/^Usage: kubectl mcs explain /);
    expect(one.stdout).toContain('  kubectl mcs explain provider-ns/service1 --config fleet.yaml\n');
  });

  it.each([
    [['crd'], "error: [CTM_USAGE] unknown command 'crd'\n(Did you mean crds?)\n"],
    [['--versoin'], "error: [CTM_USAGE] unknown option '--versoin'\n(Did you mean --version?)\n"],
    [['crds', '-o', 'xml'], "error: [CTM_USAGE] option '-o, --output <format>' argument 'xml' is invalid."],
    [['config', 'check'], "error: [CTM_USAGE] required option '-c, --config <file>' not specified\n"],
    [
      ['run', '-c', 'fleet.yaml', '-o', 'json'],
      "error: [CTM_USAGE] option '-o, --output <format>' requires --dry-run\n",
    ],
    [['crds', 'more'], 'error: [CTM_USAGE] too many arguments'],
  ])('%j is a usage error', async (args, message) => {
    const { code, stdout, stderr } = await invoke(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.slice(0, message.length)).toBe(message);
  });

  it('without a command prints the help to stderr', async () => {
    const { code, stdout, stderr } = await invoke([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: catamaran/);
  });
});

describe('catamaran crds', () => {
  it('prints YAML for kubectl', async () => {
    const { code, stdout } = await invoke(['crds']);
    expect(code).toBe(0);
    expect(parseAllDocuments(stdout).map((document) => document.toJS())).toEqual(CRDS);
  });

  it('prints JSON on request', async () => {
    const { stdout } = await invoke(['crds', '--output', 'json']);
    expect(JSON.parse(stdout)).toEqual({ apiVersion: 'v1', kind: 'List', items: CRDS });
  });
});

describe('catamaran config', () => {
  let folder: string;
  let file: string;
  const write = (members: string) =>
    writeFile(file, `apiVersion: catamaran.dev/v1alpha1\nkind: Fleet\nspec:\n  members: ${members}\n`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catamaran-cli-'));
    file = join(folder, 'fleet.yaml');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('check lists the members of a valid file', async () => {
    await write('[{name: a, context: a, podCIDRs: [10.1.0.0/16]}, {name: b, context: b}]');
    const { code, stdout, stderr } = await invoke(['config', 'check', '--config', file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}: ok, 2 members: a, b\n` });
    expect(stderr).toMatch(/^warning: member "b": no podCIDRs; .*\n$/);
  });

  it('check prints one line per problem, each with its code', async () => {
    await write('[{name: a, podCIDRs: [10.0.0.0/8], x: 1}, {name: b, context: b, podCIDRs: [10.1.0.0/16]}]');
    const { code, stdout, stderr } = await invoke(['config', 'check', '--config', file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringContaining(`error: [CTM_CONFIG_INVALID] ${file}:4:47: spec.members[0].x: unknown field`),
      expect.stringContaining(`error: [CTM_CONFIG_OVERLAP] ${file}:4:87: spec.members[1].podCIDRs[0]: 10.1.0.0/16`),
    ]);
  });

  it('check reports a missing file', async () => {
    const missing = join(folder, 'none.yaml');
    expect(await invoke(['config', 'check', '--config', missing])).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: [CTM_CONFIG_READ] ${missing}: cannot be read: no such file\n`,
    });
  });

  it('schema prints the JSON Schema', async () => {
    const { stdout } = await invoke(['config', 'schema']);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(fleetJsonSchema())));
  });
});

describe('an error', () => {
  it.each([
    ['CTM_API_UNREACHABLE', 1],
    ['CTM_LISTEN', 1],
    ['CTM_KUBECONFIG_INVALID', 2],
    ['CTM_USAGE', 2],
  ] as const)('%s exits with %i', (code, expected) => {
    const { context, printed } = recordingContext();
    expect(fail(context, new CatamaranError(code, 'why'))).toBe(expected);
    expect(printed).toEqual({ stdout: '', stderr: `error: [${code}] why\n` });
  });

  it('of the fleet file exits with 2 and prints a line per problem', () => {
    const { context, printed } = recordingContext();
    const problem = { line: 1, column: 1 };
    const error = new FleetConfigError([
      { ...problem, code: 'CTM_CONFIG_OVERLAP', message: 'first' },
      { ...problem, code: 'CTM_CONFIG_INVALID', message: 'second' },
    ]);
    expect(fail(context, error)).toBe(2);
    expect(printed.stderr).toBe('error: [CTM_CONFIG_OVERLAP] first\nerror: [CTM_CONFIG_INVALID] second\n');
  });

  it('with an explicit exit code exits with that', () => {
    const { context } = recordingContext();
    expect(fail(context, new ExitError('CTM_SANDBOX_CURL', 'curl: (28) timed out', 28))).toBe(28);
  });

  it.each([
    [new TypeError('oh'), 'TypeError: oh'],
    ['text', 'text'],
  ])('that is not in the registry is an internal error in one line: %s', (error, text) => {
    const { context, printed } = recordingContext();
    expect(fail(context, error)).toBe(1);
    expect(printed.stderr).toBe(`error: [CTM_INTERNAL] internal error; please report it: ${text}\n`);
  });

  it('that is not in the registry has a stack trace at log level debug', () => {
    const { context, printed } = recordingContext();
    expect(fail({ ...context, logLevel: 'debug' }, new TypeError('oh'))).toBe(1);
    expect(printed.stderr).toMatch(/^error: \[CTM_INTERNAL\] internal error; please report it: TypeError: oh\n +at /);
  });

  it.each([
    [['dns'], { CATAMARAN_LOG_LEVEL: 'debug' }],
    [['dns', '--log-level', 'debug'], {}],
  ])('has a stack trace if %j runs with %j', async (args, variables) => {
    const { context, printed } = recordingContext({ variables });
    const environment: Environment = {
      ...context.environment,
      get kubeconfigFiles(): never {
        throw new TypeError('oh');
      },
    };
    expect(await runCli(args, { ...context, environment })).toBe(1);
    expect(printed.stderr).toMatch(/TypeError: oh\n +at /);
  });

  it('is red only if colors are enabled', async () => {
    const { stderr } = await invoke(['crd'], { colors: true });
    expect(stderr.startsWith('\u001b[31merror:\u001b[39m [CTM_USAGE]')).toBe(true);
    expect((await invoke(['crd'])).stderr).not.toContain('\u001b');
  });
});
