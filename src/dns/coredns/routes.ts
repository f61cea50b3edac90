/** Ways by which a query reaches the DNS of a cluster. */
import type { KubeClient } from '../../kube/client/client.ts';
import { type Address, hostPort } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withTimeLimit } from '../../runtime/watchdog.ts';
import type { Message } from '../wire/wire-message.ts';
import { ask, askOver, type Question } from './lookup.ts';
import type { DnsPod } from './servers.ts';

export interface DnsRoute {
  /** What is asked, and how: `10.96.0.10:53`, `Pod kube-system/coredns-5dd5756b68-abcde`. */
  readonly where: string;
  ask(name: string, type: number): Promise<Message>;
}

export interface RouteOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Per query. */
  readonly timeoutMs: number;
}

/** A server that is reachable from here. */
export function directRoute(address: Address, options: RouteOptions, transport: 'udp' | 'tcp' = 'udp'): DnsRoute {
  return route(hostPort(address), options, (question, signal) => ask(address, question, { transport, signal }));
}

/** A pod, through the API server, from wherever kubectl works. Undefined if the client has no port forwarding. */
export function podRoute(client: KubeClient, pod: DnsPod, options: RouteOptions): DnsRoute | undefined {
  const { portForward } = client;
  if (!portForward) return undefined;
  const where = `Pod ${pod.namespace}/${pod.name}`;
  return route(where, options, async (question, signal) =>
    askOver(await portForward.call(client, pod, pod.port, signal), question),
  );
}

function route(
  where: string,
  { clock, random, timeoutMs }: RouteOptions,
  send: (question: Question, signal: AbortSignal) => Promise<Message>,
): DnsRoute {
  return {
    where,
    ask: (name, type) =>
      withTimeLimit(clock, timeoutMs, undefined, (signal) =>
        send({ id: Math.floor(random() * 65_536), name, type }, signal),
      ),
  };
}
