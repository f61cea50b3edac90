/** `catamaran run` as a process in the lab's network. */
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { lastLines } from '../../tools/controlplane/component.ts';
import type { Lab, LabCluster } from '../../tools/lab/index.ts';
import { ROOT } from '../../tools/paths.ts';

/** The command that users install. `make e2e` builds it. */
export const CATAMARAN: string = join(ROOT, 'dist', 'catamaran.js');

/** A running controller. */
export interface Catamaran {
  /** Resolves when the process has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** State of a member in `/readyz`: `ready`, `unreachable`, ... */
  stateOf(member: string): Promise<string | undefined>;
}

let started = 0;

/**
 * Starts a controller over some clusters of the lab, and waits until it has listed all of them. The import mode is
 * Automatic as in Cilium, and Manual in ACK's namespace.
 */
export async function startCatamaran(lab: Lab, clusters: readonly LabCluster[]): Promise<Catamaran> {
  started += 1;
  const dir = mkdtempSync(join(tmpdir(), 'catamaran-e2e-'));
  const config = join(dir, 'fleet.yaml');
  writeFileSync(config, fleetYaml(clusters));
  // Named by process and replica; kept with the other logs if a test fails.
  const logFile = join(clusters[0]?.logsDir ?? dir, `catamaran-${process.pid}-${started}.log`);
  const address = `127.0.0.1:${9470 + started}`;
  const log = openSync(logFile, 'a');
  const child = lab.inFabric(
    process.execPath,
    [CATAMARAN, 'run', '--config', config, '--kubeconfig-trust', 'user', '--listen', address],
    {
      stdio: ['ignore', log, log],
    },
  );
  closeSync(log);
  const ended = once(child, 'exit');
  const kill = (): boolean => child.kill('SIGKILL');
  process.on('exit', kill);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await ended;
    process.off('exit', kill);
    rmSync(dir, { recursive: true, force: true });
  };
  const readyz = async (): Promise<Readyz> => {
    const text = await lab.run(process.execPath, [
      '-e',
      `fetch('http://${address}/readyz').then(async (it) => console.log(await it.text()))`,
    ]);
    return JSON.parse(text) as Readyz; // its shape is tested in test/integration/run.test.ts
  };
  await vi
    .waitFor(async () => expect(await readyz()).toMatchObject({ ready: true }), { timeout: 60_000, interval: 100 })
    .catch(async (error: unknown) => {
      await stop('SIGKILL');
      throw new Error(`catamaran run is not ready: ${error}\nlog:\n${lastLines(logFile, 30)}`);
    });
  return {
    stop,
    stateOf: async (member) => (await readyz()).members.find(({ name }) => name === member)?.state,
  };
}

interface Readyz {
  readonly ready: boolean;
  readonly members: readonly { readonly name: string; readonly state: string }[];
}

// JSON is valid YAML.
function fleetYaml(clusters: readonly LabCluster[]): string {
  return JSON.stringify({
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    spec: {
      import: { mode: 'Automatic' },
      namespaces: [{ name: 'provider-ns', import: { mode: 'Manual' } }],
      members: clusters.map(({ name, kubeconfig, podCIDRs, serviceCIDRs, nodeCIDRs }) => ({
        name,
        kubeconfig,
        podCIDRs,
        serviceCIDRs,
        nodeCIDRs,
      })),
    },
  });
}
