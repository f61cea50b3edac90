/** Runs the real CoreDNS with a Corefile of a platform, on loopback: with free ports, and a kubeconfig. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expanded, parseCorefile } from '../../../src/dns/coredns/corefile.ts';
import { findBinary } from '../../../tools/controlplane/binaries.ts';
import { startComponent } from '../../../tools/controlplane/component.ts';
import { freePort } from '../../../tools/controlplane/ports.ts';
import type { Target } from './clients.ts';
import type { CorefileCase } from './corefiles.ts';

export interface RunningCorefile extends AsyncDisposable {
  readonly target: Target;
  /** How the process ended, with its log; undefined while it runs. */
  failure(): Promise<string | undefined>;
}

export interface RunOptions {
  /** Path of the kubeconfig and its context. */
  readonly kubeconfig: string;
  /** What a cache on each node forwards to. */
  readonly clusterDns: string;
}

const NOWHERE = '127.0.0.1:9';

/** The case with another text, such as an edited one. */
export async function runCorefile(
  { files = {}, env = {} }: CorefileCase,
  text: string,
  { kubeconfig, clusterDns }: RunOptions,
): Promise<RunningCorefile> {
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-corefile-'));
  const port = await freePort();
  const local = (content: string) =>
    content
      .replaceAll('@DIR@', dir)
      .replaceAll('@KUBECONFIG@', `kubeconfig ${kubeconfig}`)
      .replaceAll('__PILLAR__CLUSTER__DNS__', clusterDns)
      .replaceAll('/etc/resolv.conf', NOWHERE);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), local(content));
  }
  const corefile = join(dir, 'Corefile');
  await writeFile(corefile, onLoopback(local(text), port, kubeconfig));
  const component = await startComponent({
    name: 'coredns',
    command: findBinary('coredns'),
    args: ['-conf', corefile],
    logFile: join(dir, 'log'),
    env: { DNS_PORT: String(port), ...env },
  });
  return {
    target: { host: '127.0.0.1', port },
    failure: async () => {
      const how = component.exit();
      return how === undefined ? undefined : `${how}\n${await readFile(join(dir, 'log'), 'utf8')}`;
    },
    async [Symbol.asyncDispose]() {
      await component.stop('SIGTERM', 1000);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Ports of their own for servers that would listen on fixed ones, which other tests may use. */
const FIXED = new Set(['health', 'ready', 'prometheus']);

function onLoopback(text: string, port: number, kubeconfig: string): string {
  const corefile = parseCorefile(text);
  const lines: (string | undefined)[] = [...corefile.lines];
  const all = [...corefile.blocks.flatMap(({ directives }) => directives), ...[...corefile.snippets.values()].flat()];
  for (const { name, line, end, block } of all) {
    if (FIXED.has(name)) lines.fill(undefined, line, end + 1);
    else if (name === 'bind' && block === undefined) lines[line] = '    bind 127.0.0.1';
    else if (name === 'kubernetes') {
      const code = (lines[line] ?? '').replace(/\s*#.*/, '');
      lines[line] = block ? `${code}\n kubeconfig ${kubeconfig}` : `${code} {\n kubeconfig ${kubeconfig}\n}`;
    }
  }
  for (const block of corefile.blocks) {
    const head = (lines[block.line] ?? '').replace(/:(53|5353)\b/g, `:${port}`).replace(/\s*#.*/, '');
    const bound = expanded(corefile, block.directives).some(({ name }) => name === 'bind');
    lines[block.line] = bound ? head : `${head}\n    bind 127.0.0.1`;
  }
  return lines.filter((line) => line !== undefined).join('\n');
}
