/** Waits until the controller of the hub writes to a member. */
import type { Lease } from '../api/core.ts';
import { RESOURCES } from '../api/resources.ts';
import type { LeaseConfig } from '../config/fleet-config.ts';
import { isAbsent } from '../kube/client/api-errors.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { controllerStatuses, problemWith } from './controller-status.ts';
import { CONTROLLER } from './hub.ts';
import type { JoinOptions } from './join-options.ts';

const POLL_MS = 500;

/**
 * The replica that holds the Lease of the member: it has connected and listed it. A Lease counts if it is renewed while
 * it is watched, since a holder that has gone leaves it behind.
 *
 * @throws CTM_MEMBERSHIP with what the controllers report, after the timeout.
 */
export async function awaitWriter(
  { member, hub, name, namespace, timeoutMs, clock, signal }: JoinOptions,
  lease: Pick<LeaseConfig, 'namespace' | 'name'>,
): Promise<string> {
  const until = clock.now() + timeoutMs;
  let first: string | undefined;
  let isFirst = true;
  while (clock.now() < until) {
    const { holderIdentity: holder = '', renewTime } = (await leaseOf(member, lease, signal))?.spec ?? {};
    if (isFirst) first = renewTime;
    isFirst = false;
    if (holder !== '' && renewTime !== undefined && renewTime !== first) return holder;
    await clock.sleep(POLL_MS, signal);
  }
  const statuses = await controllerStatuses(hub, namespace, signal);
  const problem = problemWith(statuses, name);
  const reason = problem ?? `kubectl --context HUB -n ${namespace} logs deployment/${CONTROLLER} shows what it does`;
  const text = `the controller in ${hub.cluster} has not connected to ${name} within ${timeoutMs / 1_000} s: ${reason}`;
  throw new CatamaranError('CTM_MEMBERSHIP', text);
}

async function leaseOf(
  client: JoinOptions['member'],
  lease: Pick<LeaseConfig, 'namespace' | 'name'>,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  try {
    return await client.get<Lease>(RESOURCES.leases, { namespace: lease.namespace, name: lease.name }, { signal });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
