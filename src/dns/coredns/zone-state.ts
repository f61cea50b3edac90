/** How a Corefile serves the clusterset zone, read from its structure: comments mean nothing. */
import { type Corefile, type Directive, expanded, parseCorefile, type ServerBlock } from './corefile.ts';

/** `coredns`: the `multicluster` option of CoreDNS. `stub`: forward the zone to `catamaran dns`. */
export type DnsMode = 'coredns' | 'stub';

/** Whether and how a Corefile serves the zone. */
export interface ZoneState {
  /**
   * Absent if the Corefile does not mention the zone. `plugin` is the external plugin `multicluster` in a server block,
   * which standard builds of CoreDNS lack; `other` is a server block that neither serves nor forwards the zone.
   */
  readonly mode?: DnsMode | 'plugin' | 'other';
  /** Whether queries for the zone reach what serves it: another server block may have a closer name. */
  readonly asked: boolean;
  /** Whether the Corefile has the `reload` plugin. */
  readonly reloads: boolean;
  /** The address that a stub forwards to. */
  readonly forward?: string;
}

/** The zone in a server block key, without scheme, port and trailing dot; empty for the root. */
export function zoneOf(key: string): string {
  return key
    .replace(/^\w+:\/\//, '')
    .replace(/:(\d+|\{[^}]*\})$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

export function isSameZone(a: string, b: string): boolean {
  return zoneOf(a) === zoneOf(b);
}

/** `:53`, `:{$PORT}`; empty for the default port. */
export function portOf(key: string): string {
  return /:(\d+|\{[^}]*\})$/.exec(key)?.[0] ?? '';
}

/** Whether plain DNS, as pods send it, reaches a key: no DNS over TLS, HTTPS, QUIC or gRPC. */
export function isPlain(key: string): boolean {
  return !/^\w+:\/\//.test(key) || key.startsWith('dns://');
}

/** The directives with a name in a server block, in snippets, too. */
export function pluginsOf(corefile: Corefile, block: ServerBlock, name: string): readonly Directive[] {
  return expanded(corefile, block.directives).filter((directive) => directive.name === name);
}

/**
 * The server block that pods ask for names of the cluster: the one with the `kubernetes` plugin, or for all names. With
 * it, the keys by which they reach it.
 */
export function baseOf(
  corefile: Corefile,
): { readonly block: ServerBlock; readonly keys: readonly string[] } | undefined {
  const candidates = corefile.blocks
    .map((block) => ({ block, keys: block.keys.filter(isPlain) }))
    .filter(({ keys }) => keys.length > 0);
  return (
    candidates.find(({ block }) => pluginsOf(corefile, block, 'kubernetes').length > 0) ??
    candidates.find(({ keys }) => keys.some((key) => zoneOf(key) === '')) ??
    candidates[0]
  );
}

/** The server block that CoreDNS chooses for the zone, by the longest name, on the ports of the cluster's own names. */
function chosenBlock(corefile: Corefile, zone: string): ServerBlock | undefined {
  const ports = new Set(baseOf(corefile)?.keys.map(normalPort));
  const matches = corefile.blocks.flatMap((block) =>
    block.keys
      .filter((key) => isPlain(key) && ports.has(normalPort(key)) && isWithin(zone, zoneOf(key)))
      .map((key) => ({ block, length: zoneOf(key).length })),
  );
  return matches.sort((a, b) => b.length - a.length)[0]?.block;
}

function normalPort(key: string): string {
  return portOf(key) || ':53';
}

function isWithin(zone: string, parent: string): boolean {
  return parent === '' || zone === parent || zoneOf(zone).endsWith(`.${parent}`);
}

export function multiclusterOf(directive: Directive, zone: string): Directive | undefined {
  return directive.block?.find(
    ({ name, args }) => name === 'multicluster' && args.some((arg) => isSameZone(arg, zone)),
  );
}

/** @throws CTM_COREFILE if the Corefile cannot be parsed. */
export function inspectZone(text: string, zone: string): ZoneState {
  const corefile = parseCorefile(text);
  const reloads = corefile.blocks.some((block) => pluginsOf(corefile, block, 'reload').length > 0);
  const chosen = chosenBlock(corefile, zone);
  const here = chosen && servedBy(corefile, chosen, zone);
  if (here) return { ...here, asked: true, reloads };
  for (const block of corefile.blocks) {
    const there = servedBy(corefile, block, zone);
    if (there) return { ...there, asked: false, reloads };
  }
  return { asked: false, reloads };
}

function servedBy(
  corefile: Corefile,
  block: ServerBlock,
  zone: string,
): Pick<ZoneState, 'mode' | 'forward'> | undefined {
  const named = block.keys.some((key) => isSameZone(key, zone));
  if (pluginsOf(corefile, block, 'kubernetes').some((each) => multiclusterOf(each, zone))) return { mode: 'coredns' };
  const plugins = pluginsOf(corefile, block, 'multicluster');
  if (plugins.some(({ args }) => (args.length === 0 ? named : args.some((arg) => isSameZone(arg, zone)))))
    return { mode: 'plugin' };
  const [forward] = pluginsOf(corefile, block, 'forward').filter(({ args: [from = ''] }) =>
    named ? from === '.' || isSameZone(from, zone) : isSameZone(from, zone),
  );
  if (forward) return { mode: 'stub', ...(forward.args[1] !== undefined && { forward: forward.args[1] }) };
  return named ? { mode: 'other' } : undefined;
}

/** Whether CoreDNS itself reads ServiceImports, for any zone. */
export function readsImports(text: string): boolean {
  const corefile = parseCorefile(text);
  return corefile.blocks.some((block) =>
    pluginsOf(corefile, block, 'kubernetes').some(({ block: options = [] }) =>
      options.some(({ name }) => name === 'multicluster'),
    ),
  );
}

/** The domain of the cluster's own names; the usual one if the Corefile does not tell. */
export function clusterDomainOf(text: string | undefined): string {
  const usual = 'cluster.local';
  if (text === undefined) return usual;
  try {
    const corefile = parseCorefile(text);
    const zones = corefile.blocks.flatMap((block) =>
      pluginsOf(corefile, block, 'kubernetes').flatMap(({ args }) => args.map(zoneOf)),
    );
    return zones.find((zone) => zone !== '' && !/\.arpa$|[{}]/.test(zone)) ?? usual;
  } catch {
    return usual;
  }
}
