/** The inventories of a fleet file, with the connections and the trust of the command line. */
import type { FleetConfig } from '../config/fleet-config.ts';
import { loadKubeconfig } from '../kube/kubeconfig/kubeconfig.ts';
import { type FleetSourceOptions, readFleetOnce } from '../membership/inventory/fleet-source.ts';
import { KubeconfigStore } from '../membership/inventory/stored-kubeconfigs.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { messageOf } from '../runtime/thrown.ts';
import { connector, targetOf } from './connect.ts';
import type { Environment } from './environment.ts';
import type { KubeconfigTrust } from './kubeconfig-trust.ts';

/** Of the chart and of `catamaran install`. */
export const DEFAULT_NAMESPACE = 'catamaran-system';

export function inventoryOptions(
  environment: Environment,
  trust: KubeconfigTrust,
  kubeconfigs: KubeconfigStore,
  logger: Logger,
): FleetSourceOptions {
  const connect = connector(environment, trust);
  return {
    connect: ({ access }) => connect({ name: 'hub', access: access ?? targetOf({}, environment).access }),
    namespace: environment.podNamespace ?? DEFAULT_NAMESPACE,
    check: async (kubeconfig, source) => {
      try {
        const options = { environment: environment.variables, readFile: async () => kubeconfig };
        await loadKubeconfig({ files: [source], trust: 'stored', plugins: trust.plugins, ...options });
        return undefined;
      } catch (error) {
        return messageOf(error).replace(`${source}: `, '');
      }
    },
    kubeconfigs,
    clock: systemClock,
    random: Math.random,
    logger,
  };
}

/** A fleet file with the members of its inventories as they are now, and their kubeconfigs. */
export async function withInventories(
  file: FleetConfig,
  environment: Environment,
  trust: KubeconfigTrust,
  logger: Logger,
  signal: AbortSignal,
): Promise<{ readonly config: FleetConfig; readonly kubeconfigs: KubeconfigStore }> {
  const kubeconfigs = new KubeconfigStore();
  if (file.inventories.length === 0) return { config: file, kubeconfigs };
  const options = inventoryOptions(environment, trust, kubeconfigs, logger);
  const { config, outcomes } = await readFleetOnce(file, options, signal);
  for (const { source, problem } of outcomes) {
    if (problem !== undefined) logger.warn({ source, problem }, 'member of an inventory is not accepted as it is');
  }
  return { config, kubeconfigs };
}
