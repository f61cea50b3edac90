import type { LoggedWrite, WriteLog } from '../../controller/write-log.ts';
import type { Write } from '../../server/console/api-types.ts';
import type { WriteSource } from '../../server/console/console-options.ts';

function outcomeOf({ outcome }: LoggedWrite): Write['outcome'] {
  return outcome === 'applied' || outcome === 'stale' || outcome === 'denied' ? outcome : 'failed';
}

function writeOf(entry: LoggedWrite): Write {
  const { id, at, key, ...others } = entry;
  return {
    ...others,
    id: String(id),
    at: new Date(at).toISOString(),
    outcome: outcomeOf(entry),
    ...(key !== undefined && { service: key }),
  };
}

/** The controller's log, for the console. */
export function writeSource(log: WriteLog): WriteSource {
  return {
    recent: () => log.recent().map(writeOf),
    get dropped() {
      return log.dropped;
    },
  };
}
