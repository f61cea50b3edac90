/** `make stop`: stops the process of `make start`, and waits until it has exited. */
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from '../../src/sandbox/state.ts';
import { currentHolder, removeState } from '../start/state.ts';

const GRACE_MS = 30_000;

async function stop(): Promise<void> {
  const holder = currentHolder();
  if (holder === undefined) {
    // A killed holder leaves its files behind, but its guards killed its children.
    removeState(true);
    console.log('no sandbox is running');
    return;
  }
  process.kill(holder.pid, 'SIGTERM');
  const end = Date.now() + GRACE_MS;
  while (processIdentity(holder.pid) === holder.identity) {
    if (Date.now() > end) {
      // Its guards kill its children.
      process.kill(holder.pid, 'SIGKILL');
      await delay(500);
      removeState(false);
      console.log(`process ${holder.pid} did not stop within ${GRACE_MS / 1000} s and was killed`);
      return;
    }
    await delay(100);
  }
  console.log('stopped; nothing is left behind');
}

await stop();
