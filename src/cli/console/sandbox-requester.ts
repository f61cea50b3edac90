/** Requests from pods of a sandbox, through its virtual network. */
import type { FleetConfig } from '../../config/fleet-config.ts';
import { derivedServiceName } from '../../core/naming.ts';
import type { Clock } from '../../runtime/clock.ts';
import { toError } from '../../runtime/thrown.ts';
import type { LiveRequestLine } from '../../server/console/api-types.ts';
import type { Requester } from '../../server/console/console-options.ts';
import { remoteOf } from '../local-sandbox.ts';

const RETRY_MS = 300;
const TIMEOUT_S = 15;
const MOST_BODY = 4_096;

/** `stateDir`: of the sandbox. */
export function sandboxRequester(stateDir: string, config: () => FleetConfig, clock: Clock): Requester {
  return async function* (
    { namespace, name, from, fromNamespace = namespace, port, timeoutSeconds = TIMEOUT_S },
    signal,
  ) {
    const prefix = config().members.find((member) => member.name === from)?.derivedPrefix ?? config().derivedPrefix;
    const url = `http://${derivedServiceName(prefix, name)}.${namespace}${port === 80 ? '' : `:${port}`}/`;
    const end = clock.now() + timeoutSeconds * 1_000;
    const remote = await remoteOf({ stateDir });
    for (;;) {
      signal.throwIfAborted();
      const line = await attempt();
      yield { kind: 'attempt', at: new Date(clock.now()).toISOString(), url, ok: line.ok, seen: line.seen };
      if (line.ok || clock.now() + RETRY_MS > end) {
        yield line;
        return;
      }
      await clock.sleep(RETRY_MS, signal);
    }

    async function attempt(): Promise<Extract<LiveRequestLine, { kind: 'done' }>> {
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1_000, end - clock.now()))]);
        const result = await remote.request(from, { url, namespace: fromNamespace }, limit);
        if (!result.ok) return { kind: 'done', ok: false, url, seen: result.message };
        const { status, body } = result;
        const seen = `status ${status}`;
        return { kind: 'done', ok: status < 400, url, status, body: body.slice(0, MOST_BODY), seen };
      } catch (error) {
        signal.throwIfAborted();
        return { kind: 'done', ok: false, url, seen: toError(error).message };
      }
    }
  };
}
