/** Corefile edits that add the clusterset zone to a cluster's CoreDNS, in either of two modes, and remove it. */
import { CatamaranError } from '../../runtime/errors.ts';
import { type Corefile, type Directive, parseCorefile, type ServerBlock, withoutComment } from './corefile.ts';

/** `coredns`: the `multicluster` option of CoreDNS. `stub`: forward the zone to `catamaran dns`. */
export type DnsMode = 'coredns' | 'stub';

export interface ZoneRequest {
  readonly mode: DnsMode;
  /** `clusterset.local` */
  readonly zone: string;
  /** Address of `catamaran dns`, with the port if it is not 53. Required for `stub`. */
  readonly forward?: string;
}

const BEGIN = '# begin of catamaran dns';
const END = '# end of catamaran dns';
const OPTION_MARK = '# by catamaran dns';
const BLOCK_MARK = '# block by catamaran dns';
const INDENT = '    ';

function corefileError(problem: string): CatamaranError {
  return new CatamaranError('CTM_COREFILE', `Corefile: ${problem}`);
}

/** Whether and how a Corefile serves the zone. */
export interface ZoneState {
  /** Absent if the Corefile does not mention the zone; `other` for a server block without `forward`. */
  readonly mode?: DnsMode | 'other';
  /** Whether the Corefile has the `reload` plugin. */
  readonly reloads: boolean;
  /** The address that a stub forwards to. */
  readonly forward?: string;
}

/** The zone in a server block key, without scheme, port and trailing dot. */
function zoneOf(key: string): string {
  return key
    .replace(/^\w+:\/\//, '')
    .replace(/:\d+$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isSameZone(a: string, b: string): boolean {
  return zoneOf(a) === zoneOf(b);
}

function kubernetesOf({ blocks }: Corefile): { block: ServerBlock; directive: Directive } | undefined {
  const found = blocks.flatMap((block) =>
    block.directives.filter(({ name }) => name === 'kubernetes').map((directive) => ({ block, directive })),
  );
  if (found.length > 1) throw corefileError('the kubernetes plugin appears more than once; add the zone by hand');
  return found[0];
}

function multiclusterOf(directive: Directive, zone: string): Directive | undefined {
  return directive.block?.find(
    ({ name, args }) => name === 'multicluster' && args.some((arg) => isSameZone(arg, zone)),
  );
}

/** @throws CTM_COREFILE if the Corefile cannot be parsed. */
export function inspectZone(text: string, zone: string): ZoneState {
  const corefile = parseCorefile(text);
  const kubernetes = kubernetesOf(corefile);
  const block = corefile.blocks.find(({ keys }) => keys.some((key) => isSameZone(key, zone)));
  const reloads = corefile.blocks.some(({ directives }) => directives.some(({ name }) => name === 'reload'));
  if (kubernetes && multiclusterOf(kubernetes.directive, zone)) return { mode: 'coredns', reloads };
  const forward = block?.directives.find(({ name }) => name === 'forward')?.args[1];
  if (block)
    return { mode: forward === undefined ? 'other' : 'stub', reloads, ...(forward !== undefined && { forward }) };
  return { reloads };
}

/**
 * Returns the Corefile with the zone added. Replaces what an earlier call added; idempotent.
 *
 * @throws CTM_COREFILE if the Corefile cannot be parsed or edited, or serves the zone in a block not added here.
 */
export function addZone(text: string, wanted: ZoneRequest): string {
  const bare = removeZone(text, wanted.zone);
  const corefile = parseCorefile(bare);
  const own = corefile.blocks.find(({ keys }) => keys.some((key) => isSameZone(key, wanted.zone)));
  if (own)
    throw corefileError(
      `line ${own.line + 1}: a server block for ${wanted.zone} already exists and is not managed by Catamaran`,
    );
  const kubernetes = kubernetesOf(corefile);
  if (!kubernetes) throw corefileError('no kubernetes plugin found; add the zone by hand');
  if (wanted.mode === 'coredns') return multicluster(corefile, kubernetes.directive, wanted.zone);
  if (wanted.forward === undefined) throw corefileError('--forward is required with --mode stub');
  const port = /:\d+$/.exec(kubernetes.block.keys[0] ?? '')?.[0] ?? '';
  const stub = [
    BEGIN,
    `${wanted.zone}${port} {`,
    `${INDENT}errors`,
    `${INDENT}cache 5`,
    `${INDENT}forward . ${wanted.forward}`,
    '}',
    END,
  ];
  return `${bare}${bare.endsWith('\n') || bare === '' ? '' : '\n'}${stub.join('\n')}\n`;
}

function multicluster({ lines }: Corefile, directive: Directive, zone: string): string {
  const line = lines[directive.line] ?? '';
  if (directive.args.length === 0) {
    throw corefileError(
      `line ${directive.line + 1}: kubernetes lists no zones, and adding one would replace those of its server block; list them first`,
    );
  }
  const taken = directive.args.find((arg) => isSameZone(arg, zone));
  if (taken || multiclusterOf(directive, zone)) {
    if (taken && multiclusterOf(directive, zone)) return lines.join('\n');
    throw corefileError(
      `line ${directive.line + 1}: kubernetes has only one of the zone ${zone} and its multicluster option; fix it by hand`,
    );
  }
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  // After the cluster's own zone, as in the documents.
  const named = line.replace(/^\s*kubernetes\s+\S+/, (head) => `${head} ${zone}`);
  const option = `${indent}${INDENT}multicluster ${zone} ${OPTION_MARK}`;
  const code = withoutComment(named);
  const opened = `${code} { ${BLOCK_MARK}${named.slice(code.length)}`;
  const added = directive.block ? [named, option] : [opened, option, `${indent}}`];
  const text = [...lines.slice(0, directive.line), ...added, ...lines.slice(directive.line + 1)].join('\n');
  // The cluster's DNS depends on the result, so parse it again and check that it has the intended meaning.
  const [cluster = '', ...others] = directive.args;
  const after = kubernetesOf(parseCorefile(text))?.directive;
  if (!after || !multiclusterOf(after, zone) || after.args.join(' ') !== [cluster, zone, ...others].join(' '))
    throw corefileError(`line ${directive.line + 1}: cannot edit this kubernetes directive; add ${zone} by hand`);
  return text;
}

/** Whether the Corefile has anything that {@link addZone} added, for any zone. */
export function hasMarks(text: string): boolean {
  return text.split('\n').some((line) => line === BEGIN || line.includes(OPTION_MARK));
}

/** Whether CoreDNS itself reads ServiceImports, for any zone. */
export function readsImports(text: string): boolean {
  const { block = [] } = kubernetesOf(parseCorefile(text))?.directive ?? {};
  return block.some(({ name }) => name === 'multicluster');
}

/**
 * Returns the Corefile without what {@link addZone} added; keeps changes that others have made since.
 *
 * @throws CTM_COREFILE if the Corefile cannot be parsed.
 */
export function removeZone(text: string, zone: string): string {
  parseCorefile(text);
  return withoutOption(withoutStub(text, zone), zone);
}

function withoutStub(text: string, zone: string): string {
  const lines = text.split('\n');
  const removed = new Set<number>();
  for (let begin = lines.indexOf(BEGIN); begin >= 0; begin = lines.indexOf(BEGIN, begin + 1)) {
    const [end, next] = [lines.indexOf(END, begin), lines.indexOf(BEGIN, begin + 1)];
    if (end < 0 || (next >= 0 && next < end))
      throw corefileError(`line ${begin + 1}: "${BEGIN}" has no matching "${END}"; fix it by hand`);
    const { blocks } = parseCorefile(lines.slice(begin, end).join('\n'));
    const own = blocks.filter(({ keys }) => keys.some((key) => isSameZone(key, zone)));
    // The marks belong to another zone.
    if (blocks.length > 0 && own.length === 0) continue;
    removed.add(begin).add(end);
    for (const block of own) for (let line = block.line; line <= block.end; line++) removed.add(begin + line);
  }
  return lines.filter((_, number) => !removed.has(number)).join('\n');
}

function withoutOption(text: string, zone: string): string {
  const corefile = parseCorefile(text);
  const directive = kubernetesOf(corefile)?.directive;
  const option = directive && multiclusterOf(directive, zone);
  if (!directive || !option || !corefile.lines[option.line]?.includes(OPTION_MARK)) return text;
  const lines = [...corefile.lines];
  const words = new RegExp(` ${zone.replaceAll('.', '\\.')}\\.?(?=\\s|$)`, 'i');
  const head = (lines[directive.line] ?? '').replace(words, '');
  const ownBlock = head.includes(` { ${BLOCK_MARK}`) && directive.block?.length === 1;
  lines[directive.line] = ownBlock ? head.replace(` { ${BLOCK_MARK}`, '') : head.replace(` ${BLOCK_MARK}`, '');
  const removed = ownBlock ? new Set([option.line, directive.end]) : new Set([option.line]);
  return lines.filter((_, number) => !removed.has(number)).join('\n');
}
