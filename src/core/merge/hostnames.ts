/**
 * Hostnames that several exporters of a Headless Service have, such as those of StatefulSets with the same name. In the
 * clusterset zone each has a name with its cluster (KEP-1645, "DNS"), but a Service has only one name per hostname.
 */
import type { Exporter } from './exports.ts';

/** Members that have a hostname, in order of precedence: at least two. The first one keeps the bare name. */
export type SharedHostnames = ReadonlyMap<string, readonly string[]>;

function hostnamesOf({ slices }: Exporter): ReadonlySet<string> {
  const names = slices.flatMap(({ endpoints }) => endpoints.flatMap(({ hostname }) => hostname ?? []));
  return new Set(names);
}

/** @param exporters in order of precedence; those whose endpoints have expired claim nothing. */
export function sharedHostnames(exporters: readonly Exporter[]): SharedHostnames {
  const current = exporters.filter(({ standing }) => standing !== 'expired');
  if (current.length < 2) return new Map();
  const members = new Map<string, string[]>();
  for (const exporter of current) {
    for (const hostname of hostnamesOf(exporter)) {
      const others = members.get(hostname);
      if (others) others.push(exporter.member);
      else members.set(hostname, [exporter.member]);
    }
  }
  return new Map([...members].filter(([, those]) => those.length > 1));
}

/** Hostnames of a member that belong to another one. */
export function yieldedBy(member: string, shared: SharedHostnames): ReadonlySet<string> {
  const yielded = [...shared].filter(([, members]) => members.indexOf(member) > 0);
  return new Set(yielded.map(([hostname]) => hostname));
}
