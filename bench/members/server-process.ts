/** Starts the API servers of many members in child processes, a hundred in each. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Bench, MemberAccess } from '../harness/controller.ts';
import type { Part } from './servers.ts';
import type { MembersShape } from './shape.ts';

const SERVERS = fileURLToPath(new URL('servers.ts', import.meta.url));
/** Members whose API servers share a process. */
const TOGETHER = 100;
/** Heap size for the objects of all members of a process. */
const HEAP_MB = 12_000;

/** First message of the child, once all servers listen. */
const listeningSchema = z.object({
  ca: z.string(),
  token: z.string(),
  servers: z.array(
    z.object({
      name: z.string(),
      server: z.string(),
      podCIDRs: z.array(z.string()),
      serviceCIDRs: z.array(z.string()),
    }),
  ),
});

/** Requests to the child; each is answered with a number. */
export type Question = 'fill' | 'changes';

export interface MemberServers {
  readonly pids: readonly number[];
  readonly members: readonly MemberAccess[];
  /** Creates the Services, slices, exports and imports. */
  fill(): Promise<void>;
  /** Changes stored so far in all servers, except Leases and Events. */
  changes(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the servers; the members are empty. */
export async function startServers(bench: Bench, shape: MembersShape): Promise<MemberServers> {
  const parts: MemberServers[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(parts.map((part) => part.stop())));
  try {
    for (let first = 1; first <= shape.members; first += TOGETHER) {
      parts.push(await startPart(bench, { shape, first, count: Math.min(TOGETHER, shape.members + 1 - first) }));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pids: parts.flatMap(({ pids }) => pids),
    members: parts.flatMap(({ members }) => members),
    fill: async () => void (await Promise.all(parts.map((part) => part.fill()))),
    changes: async () =>
      (await Promise.all(parts.map((part) => part.changes()))).reduce((sum, count) => sum + count, 0),
    stop,
  };
}

async function startPart({ signal }: Bench, part: Part): Promise<MemberServers> {
  const { shape } = part;
  const child = fork(SERVERS, [JSON.stringify(part)], { execArgv: [`--max-old-space-size=${HEAP_MB}`] });
  const { pid } = child;
  if (pid === undefined) throw new Error('the API servers did not start');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  try {
    const { ca, token, servers } = listeningSchema.parse(await nextMessage(child, signal));
    const ask = async (question: Question): Promise<number> => {
      child.send(question);
      return z.number().parse(await nextMessage(child, signal));
    };
    return {
      pids: [pid],
      members: servers.map(({ name, server, podCIDRs, serviceCIDRs }) => ({
        access: { name, server, ca: Buffer.from(ca), token },
        fields: {
          podCIDRs,
          serviceCIDRs,
          import: { mode: shape.imported === shape.exported ? 'Automatic' : 'Manual' },
        },
      })),
      fill: async () => void (await ask('fill')),
      changes: () => ask('changes'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function nextMessage(child: ChildProcess, signal: AbortSignal): Promise<unknown> {
  const exited = new AbortController();
  const ended = (): void => exited.abort(new Error('the API servers exited'));
  child.once('exit', ended);
  try {
    const [message] = await once(child, 'message', { signal: AbortSignal.any([signal, exited.signal]) });
    return message;
  } finally {
    child.off('exit', ended);
  }
}
