/** How commands about a fleet ask the DNS of a member, from wherever they run. */
import { join } from 'node:path';
import { podRoutes } from '../dns/coredns/pod-routes.ts';
import type { DnsRoutes } from '../inspect/explain/dns-hop.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Environment } from './environment.ts';
import { isSandbox, sandboxRoute } from './sandbox-dns.ts';

const TIMEOUT_MS = 5_000;

export function dnsRoutes({ kubeconfigFiles, home }: Environment): DnsRoutes {
  const query = { clock: systemClock, random: Math.random, timeoutMs: TIMEOUT_MS };
  return async ({ config: { access } }, site) => {
    if (!isSandbox(site.observed) || access.kind !== 'kubeconfig') return podRoutes(site, query);
    const kubeconfig = access.path ?? kubeconfigFiles[0] ?? join(home, '.kube', 'config');
    return [sandboxRoute(kubeconfig, access.context ?? site.client.cluster, query)];
  };
}
