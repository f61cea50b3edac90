/** Real CoreDNS in front of a control plane, answering for the clusterset zone by its option `multicluster`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from './binaries.ts';
import { startComponent } from './component.ts';
import { freePort } from './ports.ts';

/** A running CoreDNS. */
export interface CoreDns {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** Body of the server block where none is given: what kubeadm writes, with the clusterset zone. */
export function multiclusterPlugins(kubeconfig: string, context: string): string {
  return `kubernetes cluster.local clusterset.local {
    kubeconfig ${kubeconfig} ${context}
    pods insecure
    multicluster clusterset.local
  }`;
}

/** Starts CoreDNS with one server block on loopback, and waits until it is ready. */
export async function startCoreDns(plugins: string): Promise<CoreDns> {
  const dir = await mkdtemp(join(tmpdir(), 'catamaran-coredns-'));
  const [port, ready] = [await freePort(), await freePort()];
  const corefile = join(dir, 'Corefile');
  await writeFile(corefile, `.:${port} {\n  bind 127.0.0.1\n  errors\n  ready 127.0.0.1:${ready}\n  ${plugins}\n}\n`);
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
      throw new Error(`CoreDNS is not ready: ${component.exit() ?? 'it takes too long'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return { host: '127.0.0.1', port, pid: component.pid, stop };
}
