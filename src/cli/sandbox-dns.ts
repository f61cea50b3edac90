/** The DNS of a cluster in a sandbox, which listens on no address: it is asked over the sandbox's own socket. */
import { dirname } from 'node:path';
import type { DnsRoute, RouteOptions } from '../dns/coredns/routes.ts';
import type { Observed } from '../dns/platforms/observed.ts';
import { parseName } from '../dns/wire/name.ts';
import { encodeQuery, parseMessage } from '../dns/wire/wire-message.ts';
import { remoteOf } from './local-sandbox.ts';

export function isSandbox({ version }: Observed): boolean {
  return version.endsWith('+kubesim');
}

/** `kubeconfig` is in the state directory of the sandbox. */
export function sandboxRoute(kubeconfig: string, cluster: string, { random }: Pick<RouteOptions, 'random'>): DnsRoute {
  return {
    where: `the DNS of ${cluster} in the sandbox`,
    async ask(name, type) {
      const packet = encodeQuery({ id: Math.floor(random() * 65_536), name: parseName(name), type });
      const remote = await remoteOf({ stateDir: dirname(kubeconfig) });
      return parseMessage(await remote.dns(cluster, packet));
    },
  };
}
