/** The rows of the matrix: loaded page by page, then updated by key. */
import type { QueryClient } from '@tanstack/react-query';
import type { ServicePage, ServiceSummary } from '../../../../src/server/console/api-types.ts';
import { get } from './client.ts';

export interface Rows {
  /** In order of namespace and name. */
  readonly services: readonly ServiceSummary[];
  readonly complete: boolean;
}

export const ROWS_KEY = ['rows'] as const;

/** The first page is small, so that it is on screen at once. */
const FIRST_PAGE = 100;
const PAGE = 500;
/** Of the server, for `keys`. */
const MAX_KEYS = 200;

export const keyOf = ({ namespace, name }: Pick<ServiceSummary, 'namespace' | 'name'>) => `${namespace}/${name}`;

/** As the server orders its pages. */
const byKey = (a: ServiceSummary, b: ServiceSummary) => {
  const [one, other] = [keyOf(a), keyOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
};

/** Replaces the rows of `keys` with those in `found`. */
export function patched(
  rows: readonly ServiceSummary[],
  keys: ReadonlySet<string>,
  found: readonly ServiceSummary[],
): readonly ServiceSummary[] {
  const current = new Map(found.map((row) => [keyOf(row), row]));
  const kept = rows.flatMap((row) => {
    const key = keyOf(row);
    if (!keys.has(key)) return [row];
    const replacement = current.get(key);
    current.delete(key);
    return replacement ? [replacement] : [];
  });
  return current.size === 0 ? kept : [...kept, ...current.values()].sort(byKey);
}

/** Loads all pages; rows that are shown already stay until their page has arrived. */
export async function loadRows(client: QueryClient, signal: AbortSignal): Promise<Rows> {
  const services: ServiceSummary[] = [];
  const isFirst = client.getQueryData<Rows>(ROWS_KEY) === undefined;
  let after: string | undefined;
  do {
    const limit = services.length === 0 && isFirst ? FIRST_PAGE : PAGE;
    const query = new URLSearchParams({ limit: String(limit), ...(after !== undefined && { after }) });
    const page = await get<ServicePage>(`services?${query}`, signal);
    services.push(...page.services);
    after = page.next;
    if (isFirst && after !== undefined) {
      client.setQueryData<Rows>(ROWS_KEY, { services: [...services], complete: false });
    }
  } while (after !== undefined);
  return { services, complete: true };
}

/** Fetches rows that changed. */
export async function updateRows(client: QueryClient, keys: readonly string[], signal: AbortSignal): Promise<void> {
  for (let at = 0; at < keys.length; at += MAX_KEYS) {
    const some = keys.slice(at, at + MAX_KEYS);
    const query = new URLSearchParams({ keys: some.join(','), limit: String(MAX_KEYS) });
    const { services } = await get<ServicePage>(`services?${query}`, signal);
    client.setQueryData<Rows>(ROWS_KEY, (rows) =>
      rows === undefined ? undefined : { ...rows, services: patched(rows.services, new Set(some), services) },
    );
  }
}
