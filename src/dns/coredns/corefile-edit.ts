/**
 * Corefile edits that add the clusterset zone to a cluster's CoreDNS, in either of two modes, and remove it. The zone
 * gets a server block of its own, so that nothing that it needs can keep CoreDNS from serving the cluster's own names.
 */
import { CatamaranError } from '../../runtime/errors.ts';
import { type Corefile, type Directive, parseCorefile, type ServerBlock } from './corefile.ts';
import {
  baseOf,
  type DnsMode,
  inspectZone,
  isPlain,
  isSameZone,
  multiclusterOf,
  pluginsOf,
  portOf,
  zoneOf,
} from './zone-state.ts';

export interface ZoneRequest {
  readonly mode: DnsMode;
  /** `clusterset.local` */
  readonly zone: string;
  /** Address of `catamaran dns`, with the port if it is not 53. Required for `stub`. */
  readonly forward?: string;
}

export interface EditContext {
  /** The Corefile before any zone was added; shows what is the user's own. Default: only what is marked is removed. */
  readonly original?: string | undefined;
  /** The Corefile whose server blocks the added one follows, if the edited text is imported by it. Default: the text. */
  readonly base?: string;
}

const BEGIN = '# begin of catamaran dns';
const END = '# end of catamaran dns';
/** Earlier versions added the option to the existing `kubernetes` directive. */
const OPTION_MARK = '# by catamaran dns';
const BLOCK_MARK = '# block by catamaran dns';
const INDENT = '    ';

/** What the added block may contain; a block with anything else has been changed by hand, and is left alone. */
const OWN_PLUGINS: ReadonlySet<string> = new Set([
  ...['bind', 'errors', 'cache', 'loadbalance', 'prometheus', 'forward', 'kubernetes'],
]);
/** Options of `kubernetes` that select the API server, and how it is asked. */
const CONNECTION: ReadonlySet<string> = new Set([
  ...['endpoint', 'tls', 'kubeconfig', 'apiserver_qps', 'apiserver_burst', 'apiserver_max_inflight'],
]);

function corefileError(problem: string): CatamaranError {
  return new CatamaranError('CTM_COREFILE', `Corefile: ${problem}`);
}

/**
 * Returns the Corefile with the zone added. Replaces what an earlier call added; idempotent. A zone that the user's own
 * configuration already serves in the requested way, or by the external plugin, is left as it is.
 *
 * @throws CTM_COREFILE if the Corefile cannot be parsed, or serves the zone in a block not added here.
 */
export function addZone(text: string, wanted: ZoneRequest, context: EditContext = {}): string {
  const bare = removeZone(text, wanted.zone, context.original);
  const state = inspectZone(bare, wanted.zone);
  if (state.mode === 'plugin' || (state.asked && isWanted(state, wanted))) return bare;
  const corefile = parseCorefile(bare);
  const own = corefile.blocks.find(({ keys }) => keys.some((key) => isSameZone(key, wanted.zone)));
  if (own)
    throw corefileError(
      `line ${own.line + 1}: a server block for ${wanted.zone} already exists and is not managed by Catamaran`,
    );
  const block = zoneBlock(context.base === undefined ? corefile : parseCorefile(context.base), wanted);
  return `${bare}${bare.endsWith('\n') || bare === '' ? '' : '\n'}${block.join('\n')}\n`;
}

function isWanted({ mode, forward }: ReturnType<typeof inspectZone>, wanted: ZoneRequest): boolean {
  return mode === wanted.mode && (mode === 'coredns' || forward === wanted.forward);
}

/** The lines of the added server block, with the ports, addresses and metrics of the one beside it. */
export function zoneBlock(corefile: Corefile, { mode, zone, forward }: ZoneRequest): readonly string[] {
  const base = mode === 'stub' && forward === undefined ? nodeCacheBase(corefile) : baseOf(corefile);
  const copied = (name: string) =>
    base ? pluginsOf(corefile, base.block, name).flatMap((each) => linesOf(corefile, each)) : [];
  const ports = [...new Set(base?.keys.map(portOf) ?? [':53'])];
  const server = mode === 'stub' ? forwardLines(corefile, base?.block, forward) : kubernetesLines(corefile, zone);
  return [
    BEGIN,
    `${ports.map((port) => `${zone}${port}`).join(' ')} {`,
    ...copied('bind'),
    `${INDENT}errors`,
    `${INDENT}cache 5`,
    `${INDENT}loadbalance`,
    ...copied('prometheus'),
    ...server,
    '}',
    END,
  ];
}

/** The server block of a cache on each node that asks the cluster's DNS; others ask the resolvers of the node. */
function nodeCacheBase(corefile: Corefile): ReturnType<typeof baseOf> {
  const block = corefile.blocks.find(
    (each) =>
      each.keys.every((key) => !/^$|\.arpa$/.test(zoneOf(key))) && pluginsOf(corefile, each, 'forward').length > 0,
  );
  return block && { block, keys: block.keys.filter(isPlain) };
}

function forwardLines(corefile: Corefile, base: ServerBlock | undefined, forward: string | undefined): string[] {
  if (forward !== undefined) return [`${INDENT}forward . ${forward}`];
  // A cache on each node asks the cluster's DNS for the zone in the same way as for the cluster's own names.
  const [same] = base ? pluginsOf(corefile, base, 'forward') : [];
  if (same) return linesOf(corefile, same);
  throw corefileError('--forward is required with --mode stub');
}

/**
 * Only imports and their slices are watched: `labels` leaves out the Services of the cluster and `noendpoints` their
 * slices, which the server block of the cluster's own names has in memory already. CoreDNS listens for no zone until
 * all blocks are synced or their `startup_timeout` has passed, so it is short: the zone is SERVFAIL until it is synced.
 */
function kubernetesLines(corefile: Corefile, zone: string): string[] {
  const [directive] = corefile.blocks.flatMap((block) => pluginsOf(corefile, block, 'kubernetes'));
  const connection = (directive?.block ?? []).filter(({ name }) => CONNECTION.has(name));
  return [
    `${INDENT}kubernetes ${zone} {`,
    ...connection.flatMap((option) => linesOf(corefile, option).map((line) => INDENT + line)),
    `${INDENT}${INDENT}labels multicluster.kubernetes.io/service-name`,
    `${INDENT}${INDENT}noendpoints`,
    `${INDENT}${INDENT}startup_timeout 1s`,
    `${INDENT}${INDENT}multicluster ${zone}`,
    `${INDENT}}`,
  ];
}

/** The lines of a directive, indented as in the added block. */
function linesOf({ lines }: Corefile, { line, end }: Directive): string[] {
  const text = lines.slice(line, end + 1);
  const indent = /^\s*/.exec(text[0] ?? '')?.[0].length ?? 0;
  return text.map((each) => INDENT + each.slice(Math.min(indent, each.length - each.trimStart().length)));
}

/** Zones that the Corefile serves and the original did not. */
export function addedZones(text: string, original: string): readonly string[] {
  const before = new Set(zonesIn(original));
  return zonesIn(text).filter((zone) => !before.has(zone));
}

function zonesIn(text: string): string[] {
  const corefile = parseCorefile(text);
  return corefile.blocks.flatMap((block) => [
    ...(hasOwnPlugins(corefile, block) ? block.keys.map(zoneOf).filter((zone) => zone !== '') : []),
    ...pluginsOf(corefile, block, 'kubernetes')
      .flatMap(({ block: options = [] }) => options.filter(({ name }) => name === 'multicluster'))
      .flatMap(({ args }) => args.map(zoneOf)),
  ]);
}

/**
 * Returns the Corefile without what {@link addZone} added; keeps changes that others have made since. What it added is
 * found by its structure if the original Corefile is known, since tools that migrate a Corefile drop comments.
 *
 * @throws CTM_COREFILE if the Corefile cannot be parsed.
 */
export function removeZone(text: string, zone: string, original?: string): string {
  const known = original === undefined ? undefined : parseCorefile(original);
  return withoutOption(withoutBlock(text, zone, known), zone, known);
}

function withoutBlock(text: string, zone: string, original: Corefile | undefined): string {
  const corefile = parseCorefile(text);
  const { lines } = corefile;
  const wasThere = original?.blocks.some(({ keys }) => keys.some((key) => isSameZone(key, zone))) ?? true;
  const removed = new Set<number>();
  for (const block of corefile.blocks) {
    if (!block.keys.every((key) => isSameZone(key, zone)) || !hasOwnPlugins(corefile, block)) continue;
    const [begin, end] = marksAround(lines, block);
    if (wasThere && begin === undefined) continue;
    for (let line = block.line; line <= block.end; line++) removed.add(line);
    // Another block may have been added between the marks.
    const between = corefile.blocks.some((other) => other !== block && isBetween(other, begin, end));
    if (begin !== undefined) removed.add(begin);
    if (end !== undefined && (begin !== undefined || !between)) removed.add(end);
  }
  return lines.filter((_, number) => !removed.has(number)).join('\n');
}

function isBetween({ line }: ServerBlock, begin: number | undefined, end: number | undefined): boolean {
  return begin !== undefined && end !== undefined && line > begin && line < end;
}

/** Lines of the comments before and after a block. */
function marksAround(lines: readonly string[], { line, end }: ServerBlock): [number | undefined, number | undefined] {
  const begin = line > 0 && lines[line - 1]?.trim() === BEGIN ? line - 1 : undefined;
  const after = lines.findIndex((each, number) => number > end && [BEGIN, END].includes(each.trim()));
  return [begin, lines[after]?.trim() === END ? after : undefined];
}

function hasOwnPlugins(corefile: Corefile, { directives }: ServerBlock): boolean {
  const served = directives.some(
    (directive) =>
      (directive.name === 'forward' && directive.args[0] === '.') ||
      (directive.name === 'kubernetes' && directive.args.some((zone) => multiclusterOf(directive, zone))),
  );
  return served && corefile.blocks.length > 0 && directives.every(({ name }) => OWN_PLUGINS.has(name));
}

function withoutOption(text: string, zone: string, original: Corefile | undefined): string {
  const corefile = parseCorefile(text);
  const wasThere = original ? optionOf(original, zone) !== undefined : true;
  const found = optionOf(corefile, zone);
  if (!found || (wasThere && !corefile.lines[found.option.line]?.includes(OPTION_MARK))) return text;
  const { directive, option } = found;
  const lines = [...corefile.lines];
  const words = new RegExp(` ${zone.replaceAll('.', '\\.')}\\.?(?=\\s|$)`, 'i');
  const head = (lines[directive.line] ?? '').replace(words, '');
  const hadBlock = original && pluginsIn(original, 'kubernetes').some(({ block }) => block !== undefined);
  const ownBlock = directive.block?.length === 1 && (head.includes(BLOCK_MARK) || hadBlock === false);
  lines[directive.line] = ownBlock
    ? head.replace(` { ${BLOCK_MARK}`, '').replace(/\s*\{$/, '')
    : head.replace(` ${BLOCK_MARK}`, '');
  const removed = ownBlock ? new Set([option.line, directive.end]) : new Set([option.line]);
  return lines.filter((_, number) => !removed.has(number)).join('\n');
}

function pluginsIn(corefile: Corefile, name: string): readonly Directive[] {
  return corefile.blocks.flatMap((block) => pluginsOf(corefile, block, name));
}

/** The option for a zone in a directive that serves other zones, too. */
function optionOf(corefile: Corefile, zone: string): { directive: Directive; option: Directive } | undefined {
  for (const directive of pluginsIn(corefile, 'kubernetes')) {
    if (directive.args.every((arg) => isSameZone(arg, zone))) continue;
    const option = multiclusterOf(directive, zone);
    if (option) return { directive, option };
  }
  return undefined;
}
