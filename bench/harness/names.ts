/** Names and paths that the parts of the benchmark share. */

import { RESOURCES } from '../../src/api/resources.ts';
import { pathOf } from '../../src/kube/client/paths.ts';

/** User agents in the audit logs. */
export const RELAY_AGENT = 'bare-relay';
export const BENCH_AGENT = 'catamaran-bench';
/** What the controller's client calls itself, up to its version. */
export const PRODUCT_AGENT = 'catamaran/';

/** Path of the EndpointSlices of a namespace, or of one of them. */
export function slicesPath(namespace: string, name?: string): string {
  return pathOf(RESOURCES.endpointSlices, { namespace, name });
}
