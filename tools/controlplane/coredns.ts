/** Real CoreDNS for a control plane. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from './binaries.ts';
import { startComponent } from './component.ts';
import { freePort } from './ports.ts';

export interface CoreDns {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** Plugins of a server block: kubeadm's, with the clusterset zone by the option `multicluster`. */
export function multiclusterPlugins(kubeconfig: string, context: string): string {
  return `kubernetes cluster.local clusterset.local {
    kubeconfig ${kubeconfig} ${context}
    pods insecure
    multicluster clusterset.local
  }`;
}

/** Plugins of one server block, or a complete Corefile whose blocks are for port 53. */
export type CoreDnsConfig = { readonly plugins: string } | { readonly corefile: string };

/** Starts CoreDNS on loopback and waits until it is ready. */
export async function startCoreDns(config: CoreDnsConfig): Promise<CoreDns> {
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-coredns-'));
  const [port, ready] = [await freePort(), await freePort()];
  const corefile = join(dir, 'Corefile');
  const text = 'corefile' in config ? config.corefile : `.:53 {\n  errors\n  ${config.plugins}\n}\n`;
  const open = `:${port} {\n  bind 127.0.0.1`;
  // `ready` must be in one block only, and covers all.
  await writeFile(corefile, text.replaceAll(':53 {', open).replace(open, `${open}\n  ready 127.0.0.1:${ready}`));
  const component = await startComponent({
    name: 'coredns',
    command: findBinary('coredns'),
    args: ['-conf', corefile],
    logFile: join(dir, 'log'),
  });
  const stop = async () => {
    await component.stop('SIGTERM', 2000);
    await rm(dir, { recursive: true, force: true });
  };
  const end = Date.now() + READY_TIMEOUT_MS;
  const isReady = () =>
    fetch(`http://127.0.0.1:${ready}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (component.exit() !== undefined || Date.now() > end) {
      await stop();
      throw new Error(`CoreDNS is not ready: ${component.exit() ?? 'timed out'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return { host: '127.0.0.1', port, pid: component.pid, stop };
}
