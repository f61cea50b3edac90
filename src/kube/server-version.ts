/** The version of an API server, and what follows from it. */

/** A minor version of Kubernetes 1. */
export interface ServerVersion {
  readonly minor: number;
  /** For messages, such as `v1.22.17`. */
  readonly release: string;
}

/** The oldest minor version that Catamaran supports. */
export const OLDEST_MINOR = 22;

/**
 * The first minor version whose API servers know the parameters of a WatchList, and reject them at once if the feature
 * is disabled. Older ones may open a watch that never completes the initial state.
 */
const WATCH_LIST_SINCE = 27;

/** The first minor versions that accept a value by default (Service API, feature gates). */
const TRAFFIC_DISTRIBUTIONS = { PreferClose: 31, PreferSameZone: 34, PreferSameNode: 34 } as const;

/** The version in a response of `/version`; undefined if it has none. */
export function serverVersionIn(response: unknown): ServerVersion | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  const release = 'gitVersion' in response ? String(response.gitVersion).slice(0, 64) : '';
  // Some platforms append a plus sign to the minor version.
  const text = 'minor' in response ? String(response.minor) : release.split('.')[1];
  const minor = Number.parseInt(text ?? '', 10);
  if (Number.isNaN(minor)) return undefined;
  return { minor, release: /^v1\.\d+[\w.+-]*$/.test(release) ? release : `v1.${minor}` };
}

export function isSupported({ minor }: ServerVersion): boolean {
  return minor >= OLDEST_MINOR;
}

/** Whether a WatchList is worth trying. */
export function mayServeWatchList(version: ServerVersion | undefined): boolean {
  return version === undefined || version.minor >= WATCH_LIST_SINCE;
}

/**
 * The values of `spec.trafficDistribution` that an API server accepts; undefined if its version is unknown. An older one
 * drops the field, so that it would be written forever.
 */
export function trafficDistributionsOf(version: ServerVersion | undefined): readonly string[] | undefined {
  if (!version) return undefined;
  return Object.entries(TRAFFIC_DISTRIBUTIONS).flatMap(([value, since]) => (version.minor >= since ? [value] : []));
}
