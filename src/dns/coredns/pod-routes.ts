/** Asks the DNS pods of a cluster from outside it, where its addresses mean nothing: through its API server. */
import { CatamaranError } from '../../runtime/errors.ts';
import type { Site } from './install.ts';
import { type DnsRoute, podRoute, type RouteOptions } from './routes.ts';

/** Pods that are asked one by one. */
const PODS = 5;

/** @throws CTM_DNS if there is no pod that pods of the cluster ask, or no way to it. */
export function podRoutes({ client, pods, detected }: Site, query: RouteOptions): readonly DnsRoute[] {
  if (detected.nodeCache !== undefined)
    throw new CatamaranError(
      'CTM_DNS',
      `pods ask the DNS cache on their node (ConfigMap ${detected.nodeCache}), which is not reachable from here: run this command in a pod`,
    );
  const routes = pods.slice(0, PODS).flatMap((pod) => podRoute(client, pod, query) ?? []);
  if (routes.length > 0) return routes;
  throw new CatamaranError(
    'CTM_DNS',
    'no running pod of the cluster’s DNS was found to ask: run this command in a pod, or pass a reachable address with --server',
  );
}
