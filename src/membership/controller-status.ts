/** What the controllers of a hub report about a member, by a port-forward to their pods, as kubectl does. */
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { PODS } from '../api/resources.ts';
import type { KubeClient, ObjectName } from '../kube/client/client.ts';
import { CONTROLLER } from './hub.ts';

const PORT = 9470;

const statusSchema = z.object({
  members: z.array(
    z.object({ name: z.string(), state: z.string(), writer: z.boolean().optional(), error: z.string().optional() }),
  ),
  rejected: z.array(z.object({ source: z.string(), member: z.string().optional(), problem: z.string() })).default([]),
  inventories: z.array(z.string()).default([]),
});

/** The status of one pod. */
export interface PodStatus extends z.output<typeof statusSchema> {
  readonly pod: string;
}

async function statusOf(client: KubeClient, pod: ObjectName, signal: AbortSignal): Promise<PodStatus | undefined> {
  const socket = await client.portForward?.(pod, PORT, signal);
  if (!socket) return undefined;
  try {
    const body = await new Promise<string>((resolve, reject) => {
      const request = get({ path: '/readyz', host: 'localhost', createConnection: () => socket, signal }, (response) =>
        text(response).then(resolve, reject),
      );
      request.once('error', reject);
    });
    return { pod: pod.name, ...statusSchema.parse(JSON.parse(body)) };
  } finally {
    socket.destroy();
  }
}

/** Pods that do not answer, or that the user may not connect to, are left out. */
export async function controllerStatuses(
  hub: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly PodStatus[]> {
  try {
    const labelSelector = `app.kubernetes.io/name=${CONTROLLER}`;
    const { items } = await hub.list(PODS, { namespace, labelSelector, signal });
    const limited = AbortSignal.any([signal, AbortSignal.timeout(5_000)]);
    const statuses = await Promise.all(
      items.map(({ metadata: { name } }) => statusOf(hub, { namespace, name }, limited).catch(() => undefined)),
    );
    return statuses.flatMap((status) => status ?? []);
  } catch {
    return [];
  }
}

/** Why a member is not ready, with the messages of the controllers; undefined if none reports a problem. */
export function problemWith(statuses: readonly PodStatus[], member: string): string | undefined {
  const problems = statuses.flatMap(({ pod, members, rejected, inventories }) => [
    ...rejected.filter((each) => each.member === member).map(({ problem }) => `${pod}: ${problem}`),
    ...members.filter(({ name, error }) => name === member && error).map(({ error }) => `${pod}: ${error}`),
    ...inventories.map((problem) => `${pod}: ${problem}`),
  ]);
  return problems[0];
}
