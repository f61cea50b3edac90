/** Shared names and paths. */

import { RESOURCES } from '../../src/api/resources.ts';
import { pathOf } from '../../src/kube/client/paths.ts';

/** User agents in the audit logs. */
export const RELAY_AGENT = 'bare-relay';
export const BENCH_AGENT = 'catamaran-bench';
/** Prefix of the controller's user agent, up to the version. */
export const PRODUCT_AGENT = 'catamaran/';

export function slicesPath(namespace: string, name?: string): string {
  return pathOf(RESOURCES.endpointSlices, { namespace, name });
}
