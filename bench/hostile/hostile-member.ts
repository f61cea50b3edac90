/** Starts the API server of a hostile member in a child process. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Bench, MemberAccess } from '../harness/controller.ts';
import type { HonestName } from './campaign.ts';
import type { MisdeedName } from './misdeed-name.ts';

const SERVER = fileURLToPath(new URL('hostile-server.ts', import.meta.url));

const listeningSchema = z.object({
  name: z.string(),
  server: z.string(),
  token: z.string(),
  ca: z.string(),
  podCIDRs: z.array(z.string()),
  serviceCIDRs: z.array(z.string()),
});

export interface HostileMember {
  readonly member: MemberAccess;
  /** Commits a misdeed from now on. */
  commit(name: MisdeedName): void;
  stop(): Promise<void>;
}

/** @param number of the cluster in the fleet, which decides its name and its networks. */
export async function startHostileMember(
  { signal }: Bench,
  number: number,
  honest: HonestName,
): Promise<HostileMember> {
  const child = fork(SERVER, [JSON.stringify({ number, honest })]);
  const stop = () => end(child);
  try {
    const exited = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('the hostile server exited')));
    const [message] = await Promise.race([once(child, 'message', { signal }), exited]);
    exited.catch(() => {});
    const { name, server, token, ca, podCIDRs, serviceCIDRs } = listeningSchema.parse(message);
    const access = { name, server, token, ca: Buffer.from(ca) };
    return {
      member: { access, fields: { podCIDRs, serviceCIDRs, slices: 'Any', import: { mode: 'Manual' } } },
      commit: (misdeed) => void child.send(misdeed),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
