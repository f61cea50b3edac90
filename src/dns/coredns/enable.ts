/** Writes a change, waits until the zone is served, and takes it back if the cluster's own names stop resolving. */
import type { KubeClient } from '../../kube/client/client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { TYPE } from '../wire/protocol.ts';
import { applyEdits, type ObjectEdit, undo, type Written } from './object-edit.ts';
import type { DnsRoute } from './routes.ts';
import { complaintsOf, type DnsPod } from './servers.ts';
import { failureOf, supervise } from './supervise.ts';

export interface EnableZone {
  readonly client: KubeClient;
  readonly edits: readonly ObjectEdit[];
  routes(): Promise<readonly DnsRoute[]>;
  pods(): Promise<readonly DnsPod[]>;
  readonly zone: string;
  readonly ownName: string;
  /** 0 does not wait. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For lines that show what is being waited for. */
  progress(line: string): void;
}

/**
 * Returns the line that reports success.
 *
 * @throws CTM_DNS if the change was taken back, or could not be.
 */
export async function enableZone(options: EnableZone): Promise<string> {
  const { client, edits, zone, ownName, waitMs } = options;
  const unseen = await whyUnseen(options);
  const written = await applyEdits(client, edits);
  if (waitMs === 0) return 'Done. CoreDNS reloads its configuration within two minutes.\n';
  if (unseen !== undefined) {
    options.progress(`Note: ${unseen}; the change was not verified: run catamaran dns check in a pod.`);
    return 'Done. CoreDNS reloads its configuration within two minutes.\n';
  }
  options.progress(`Written. Waiting until the zone is served, while ${ownName} is resolved every second ...`);
  const outcome = await supervise({ ...options, zone, ownName, waitMs });
  if (outcome.result === 'served') return `Done. The DNS of the cluster serves ${zone}.\n`;
  const logs = await Promise.all((await options.pods()).map((pod) => complaintsOf(client, pod)));
  const log = logs.find((text) => text !== '');
  const problem = outcome.result === 'broken' ? 'the cluster’s own names stopped resolving' : `${zone} is not served`;
  const seen = `${problem}: ${outcome.seen}${log === undefined ? '' : `; its log: ${log}`}`;
  return await takeBack(client, written, seen);
}

/** Why the change cannot be verified; undefined if the cluster's own names can be resolved now. */
async function whyUnseen({ routes, ownName, waitMs }: EnableZone): Promise<string | undefined> {
  if (waitMs === 0) return undefined;
  const current = await routes();
  if (current.length === 0) return 'no running DNS server that can be asked was found';
  const failures = await Promise.all(current.map((route) => failureOf(route, ownName, TYPE.A)));
  return failures.find((failure) => failure !== undefined);
}

async function takeBack(client: KubeClient, written: readonly Written[], seen: string): Promise<never> {
  const failures = await undo(client, written);
  const undone =
    failures.length === 0
      ? 'the change was taken back'
      : `the change could not be taken back (${failures.join('; ')}): run catamaran dns disable`;
  throw new CatamaranError('CTM_DNS', `${seen}; ${undone}`);
}
