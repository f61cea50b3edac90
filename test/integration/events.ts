/** Events of objects, as `kubectl describe` lists them. */
import type { KubeObject } from '../../src/api/meta.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';

/** The fields of an Event that tests compare. */
export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

interface Event extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly kind: string; readonly name: string };
}

export async function eventsOf({ client }: Cluster, ns: string, kind: string, name: string): Promise<SeenEvent[]> {
  const { items } = await client.list<Event>(RESOURCES.events, { namespace: ns });
  return items
    .filter(({ regarding }) => regarding.kind === kind && regarding.name === name)
    .map(({ type, reason, note }) => ({ type, reason, message: note }));
}
