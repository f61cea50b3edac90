/** `catamaran sandbox down`: stops the process that runs a sandbox, and waits until it has exited. */

import { systemClock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { remote } from './control-client.ts';
import { clearLeft, holderOf, processIdentity, type StateDir } from './state.ts';

const GRACE_MS = 30_000;
const POLL_MS = 50;

/** Stops a sandbox, if one is running, and returns the line to print. */
export async function down(state: StateDir, signal: AbortSignal): Promise<string> {
  const holder = holderOf(state);
  try {
    await remote(state).stop();
  } catch (error) {
    if (!(error instanceof CatamaranError) || error.code !== 'CTM_SANDBOX_NONE' || holder) throw error;
    // A killed sandbox leaves its files behind; its child processes exit with it.
    return clearLeft(state) ? 'removed the files of a sandbox that was killed\n' : 'no sandbox is running\n';
  }
  const deadline = systemClock.now() + GRACE_MS;
  while (holder && processIdentity(holder.pid) === holder.identity) {
    if (systemClock.now() > deadline) {
      throw new CatamaranError('CTM_SANDBOX_RUNNING', `process ${holder.pid} did not exit within ${GRACE_MS / 1000} s`);
    }
    await systemClock.sleep(POLL_MS, signal);
  }
  return 'stopped; nothing is left behind\n';
}
