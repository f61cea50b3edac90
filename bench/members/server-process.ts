/** The API servers of many members, in one process beside the benchmark's. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Bench, MemberAccess } from '../harness/controller.ts';
import type { MembersShape } from './shape.ts';

const SERVERS = fileURLToPath(new URL('servers.ts', import.meta.url));
/** Room for the objects of all members. */
const HEAP_MB = 12_000;

/** What the servers tell when they listen. */
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

/** What the servers are asked, and answer with a number. */
export type Question = 'fill' | 'changes';

/** Running API servers. */
export interface MemberServers {
  readonly pid: number;
  readonly members: readonly MemberAccess[];
  /** Makes the Services, slices, exports and imports. */
  fill(): Promise<void>;
  /** Changes stored so far in all of them, but for Leases and Events. */
  changes(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the servers; the members hold nothing yet. */
export async function startServers({ signal }: Bench, shape: MembersShape): Promise<MemberServers> {
  const child = fork(SERVERS, [JSON.stringify(shape)], { execArgv: [`--max-old-space-size=${HEAP_MB}`] });
  const { pid } = child;
  if (pid === undefined) throw new Error('the API servers did not start');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  try {
    const { ca, token, servers } = listeningSchema.parse(await answer(child, signal));
    const ask = async (question: Question): Promise<number> => {
      child.send(question);
      return z.number().parse(await answer(child, signal));
    };
    return {
      pid,
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

/** The next message of the child. */
async function answer(child: ChildProcess, signal: AbortSignal): Promise<unknown> {
  const gone = new AbortController();
  const ended = (): void => gone.abort(new Error('the API servers ended'));
  child.once('exit', ended);
  try {
    const [message] = await once(child, 'message', { signal: AbortSignal.any([signal, gone.signal]) });
    return message;
  } finally {
    child.off('exit', ended);
  }
}
