/** Applies the stream of changes to what the pages have read. */
import type { QueryClient } from '@tanstack/react-query';
import type { ChangeMessage } from '../../../../src/server/console/api-types.ts';
import type { Listener } from './live.ts';
import { ROWS_KEY, updateRows } from './rows.ts';

/** Changes that arrive within this time are applied together. */
const BATCH_MS = 120;

/** Queries that summarize all Services and members. */
const SUMMARIES = ['overview', 'conflicts', 'topology', 'writes', 'choices'];
const OF_ONE_SERVICE = ['service', 'explain', 'timeline'];

/** Applies changes in batches, the first one at once. */
export function synchronize(client: QueryClient, signal: AbortSignal): Pick<Listener, 'snapshot' | 'change'> {
  const services = new Set<string>();
  const members = new Set<string>();
  let everything = false;
  let busy = false;

  async function apply(): Promise<void> {
    busy = true;
    const keys = [...services];
    const all = everything;
    const changed = new Set(members);
    services.clear();
    members.clear();
    everything = false;
    const isConcerned = (key: readonly unknown[]): boolean => {
      const [kind, subject] = key;
      if (typeof kind !== 'string' || kind === 'session') return false;
      if (all) return true;
      if (SUMMARIES.includes(kind)) return true;
      if (kind === 'member') return typeof subject === 'string' && (changed.has(subject) || keys.length > 0);
      // A member that is lost concerns every Service.
      return (
        OF_ONE_SERVICE.includes(kind) && typeof subject === 'string' && (changed.size > 0 || keys.includes(subject))
      );
    };
    const invalidated = client.invalidateQueries({ predicate: ({ queryKey }) => isConcerned(queryKey) });
    const rows = client.getQueryState(ROWS_KEY);
    if (!all && rows !== undefined && keys.length > 0) {
      await updateRows(client, keys, signal).catch(() => client.invalidateQueries({ queryKey: ROWS_KEY }));
    }
    await invalidated;
    await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    busy = false;
    if (!signal.aborted && (everything || services.size > 0 || members.size > 0)) await apply();
  }

  const start = () => {
    if (!busy) void apply();
  };
  return {
    snapshot: () => {
      everything = true;
      start();
    },
    change: ({ services: keys, members: names, all }: ChangeMessage) => {
      for (const key of keys) services.add(key);
      for (const name of names) members.add(name);
      if (all) everything = true;
      start();
    },
  };
}
