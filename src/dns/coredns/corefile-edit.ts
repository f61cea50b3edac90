/** The two ways of bringing the clusterset zone into a cluster's CoreDNS, as edits of its Corefile, and back. */
import { CatamaranError } from '../../runtime/errors.ts';
import { type Corefile, type Directive, parseCorefile, type ServerBlock, withoutComment } from './corefile.ts';

/** `coredns`: its own option `multicluster`. `stub`: forward the zone to our server. */
export type DnsMode = 'coredns' | 'stub';

/** The zone to add, and how. */
export interface ZoneRequest {
  readonly mode: DnsMode;
  /** `clusterset.local` */
  readonly zone: string;
  /** Where `catamaran dns` answers: an address, with a port where it is not 53. For `stub`. */
  readonly forward?: string;
}

const BEGIN = '# begin of catamaran dns';
const END = '# end of catamaran dns';
const OPTION_MARK = '# by catamaran dns';
const BLOCK_MARK = '# block by catamaran dns';
const INDENT = '    ';

function corefileError(why: string): CatamaranError {
  return new CatamaranError('CTM_COREFILE', `Corefile: ${why}`);
}

/** Whether and how a Corefile serves the zone. */
export interface ZoneState {
  /** Absent where it knows nothing of the zone. */
  readonly mode?: DnsMode | 'other';
  /** Whether CoreDNS reads a changed file by itself. */
  readonly reloads: boolean;
  /** Where a stub forwards to. */
  readonly forward?: string;
}

/** The zone of a server block's key: without scheme, port and dot at the end. */
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
  if (found.length > 1)
    throw corefileError('the plugin kubernetes stands in it more than once: which one to change is yours to say');
  return found[0];
}

function multiclusterOf(directive: Directive, zone: string): Directive | undefined {
  return directive.block?.find(
    ({ name, args }) => name === 'multicluster' && args.some((arg) => isSameZone(arg, zone)),
  );
}

/**
 * Reports whether and how a Corefile serves the zone.
 *
 * @throws CTM_COREFILE where it cannot be understood.
 */
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
 * The Corefile with the zone brought in. What an earlier call brought in is replaced; the same call again changes
 * nothing.
 *
 * @throws CTM_COREFILE where the file cannot be understood, or serves the zone in a way that is not ours.
 */
export function addZone(text: string, wanted: ZoneRequest): string {
  const bare = removeZone(text, wanted.zone);
  const corefile = parseCorefile(bare);
  const own = corefile.blocks.find(({ keys }) => keys.some((key) => isSameZone(key, wanted.zone)));
  if (own) throw corefileError(`line ${own.line + 1} has a server block of ${wanted.zone} already that is not ours`);
  const kubernetes = kubernetesOf(corefile);
  if (!kubernetes) throw corefileError('there is no plugin kubernetes in it');
  if (wanted.mode === 'coredns') return multicluster(corefile, kubernetes.directive, wanted.zone);
  if (wanted.forward === undefined) throw corefileError('where to forward to is not told');
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
      `line ${directive.line + 1}: kubernetes names no zones, so one more would take the others away`,
    );
  }
  const taken = directive.args.find((arg) => isSameZone(arg, zone));
  if (taken || multiclusterOf(directive, zone)) {
    if (taken && multiclusterOf(directive, zone)) return lines.join('\n');
    throw corefileError(`line ${directive.line + 1}: kubernetes has half of what serves ${zone}; mend it by hand`);
  }
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  // Behind the cluster's own zone, as the documents have it.
  const named = line.replace(/^\s*kubernetes\s+\S+/, (head) => `${head} ${zone}`);
  const option = `${indent}${INDENT}multicluster ${zone} ${OPTION_MARK}`;
  const code = withoutComment(named);
  const opened = `${code} { ${BLOCK_MARK}${named.slice(code.length)}`;
  const added = directive.block ? [named, option] : [opened, option, `${indent}}`];
  const text = [...lines.slice(0, directive.line), ...added, ...lines.slice(directive.line + 1)].join('\n');
  // What is written goes to a cluster whose DNS depends on it: it must read as it was meant.
  const [cluster = '', ...others] = directive.args;
  const after = kubernetesOf(parseCorefile(text))?.directive;
  if (!after || !multiclusterOf(after, zone) || after.args.join(' ') !== [cluster, zone, ...others].join(' '))
    throw corefileError(`line ${directive.line + 1}: kubernetes is written in an unusual way; add ${zone} by hand`);
  return text;
}

/** Whether anything that {@link addZone} brought in, for whatever zone, is in a Corefile. */
export function hasMarks(text: string): boolean {
  return text.split('\n').some((line) => line === BEGIN || line.includes(OPTION_MARK));
}

/** Whether CoreDNS reads ServiceImports by itself, for whatever zone. */
export function readsImports(text: string): boolean {
  const { block = [] } = kubernetesOf(parseCorefile(text))?.directive ?? {};
  return block.some(({ name }) => name === 'multicluster');
}

/**
 * The Corefile without what {@link addZone} brought in; what somebody else changed meanwhile stays.
 *
 * @throws CTM_COREFILE where it cannot be understood.
 */
export function removeZone(text: string, zone: string): string {
  parseCorefile(text);
  return withoutOption(withoutStub(text, zone), zone);
}

function withoutStub(text: string, zone: string): string {
  const lines = text.split('\n');
  const gone = new Set<number>();
  for (let begin = lines.indexOf(BEGIN); begin >= 0; begin = lines.indexOf(BEGIN, begin + 1)) {
    const [end, next] = [lines.indexOf(END, begin), lines.indexOf(BEGIN, begin + 1)];
    if (end < 0 || (next >= 0 && next < end))
      throw corefileError(`line ${begin + 1}: the mark of our block has no end`);
    const { blocks } = parseCorefile(lines.slice(begin, end).join('\n'));
    const own = blocks.filter(({ keys }) => keys.some((key) => isSameZone(key, zone)));
    // Marks around another zone's block are that one's.
    if (blocks.length > 0 && own.length === 0) continue;
    gone.add(begin).add(end);
    for (const block of own) for (let line = block.line; line <= block.end; line++) gone.add(begin + line);
  }
  return lines.filter((_, number) => !gone.has(number)).join('\n');
}

function withoutOption(text: string, zone: string): string {
  const corefile = parseCorefile(text);
  const directive = kubernetesOf(corefile)?.directive;
  const option = directive && multiclusterOf(directive, zone);
  if (!directive || !option || !corefile.lines[option.line]?.includes(OPTION_MARK)) return text;
  const lines = [...corefile.lines];
  const words = new RegExp(` ${zone.replaceAll('.', '\\.')}\\.?(?=\\s|$)`, 'i');
  const head = (lines[directive.line] ?? '').replace(words, '');
  const ours = head.includes(` { ${BLOCK_MARK}`) && directive.block?.length === 1;
  lines[directive.line] = ours ? head.replace(` { ${BLOCK_MARK}`, '') : head.replace(` ${BLOCK_MARK}`, '');
  const gone = ours ? new Set([option.line, directive.end]) : new Set([option.line]);
  return lines.filter((_, number) => !gone.has(number)).join('\n');
}
