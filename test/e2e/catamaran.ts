/** `catamaran run` as a process of its own, in the lab's network. */
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

/** A controller that runs. */
export interface Catamaran {
  /** Ends it and resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** What `/readyz` says of a member: `ready`, `unreachable`, ... */
  stateOf(member: string): Promise<string | undefined>;
}

let started = 0;

/**
 * Starts a controller over some clusters of the lab, and waits until it has listed all of them. It imports as Cilium
 * does, and in ACK's namespace as ACK does.
 */
export async function startCatamaran(lab: Lab, clusters: readonly LabCluster[]): Promise<Catamaran> {
  started += 1;
  const dir = mkdtempSync(join(tmpdir(), 'catamaran-e2e-'));
  const config = join(dir, 'fleet.yaml');
  writeFileSync(config, fleetYaml(clusters));
  // The name tells the run and, in tests of several, the replica; kept with the others where a test fails.
  const logFile = join(clusters[0]?.logsDir ?? dir, `catamaran-${process.pid}-${started}.log`);
  const address = `127.0.0.1:${9470 + started}`;
  const log = openSync(logFile, 'a');
  const child = lab.inFabric(process.execPath, [CATAMARAN, 'run', '--config', config, '--listen', address], {
    stdio: ['ignore', log, log],
  });
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
    return JSON.parse(text) as Readyz; // the shape that test/integration/run.test.ts holds it to
  };
  await vi
    .waitFor(async () => expect(await readyz()).toMatchObject({ ready: true }), { timeout: 60_000, interval: 100 })
    .catch(async (error: unknown) => {
      await stop('SIGKILL');
      throw new Error(`catamaran run is not ready: ${error}\nits log:\n${lastLines(logFile, 30)}`);
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

// JSON is YAML too.
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
