/**
 * Who may do what in a namespace. For each setting, the most specific entry that has it applies: the name of the
 * namespace, then the longest prefix. Some namespaces are denied without an entry.
 */
import type { SlicePolicy } from '../core/export-policy.ts';
import { quoted } from '../core/message.ts';
import type { ImportMode } from '../core/view.ts';
import type { FleetConfig, MemberConfig, NamespaceOverride, NamespaceSettings } from './fleet-config.ts';

/** Namespaces of Kubernetes itself. The same name has a different meaning in each cluster. */
const SYSTEM_NAMESPACES = 'kube-*';

const NOBODY: readonly string[] = [];
const EVERYBODY = '*';

/** An entry of `spec.namespaces` with its field name; without a field name, it is built in. */
type Entry = NamespaceSettings & { readonly field?: string };

/** Settings of namespaces, by name and by prefix. */
interface Entries<T> {
  readonly exact: ReadonlyMap<string, readonly T[]>;
  /** The longest prefix first. */
  readonly prefixes: readonly T[];
}

/** The settings of a member that matter here. It may have been removed from the configuration. */
export type MemberRules = Pick<MemberConfig, 'importMode' | 'namespaces' | 'slices'>;

export interface NamespaceRules {
  /** Who creates ServiceImports in a namespace of a member. */
  importMode(member: MemberRules, namespace: string): ImportMode;
  /** Why a member may not export a Service; undefined if it may. */
  exportRefusal(member: string, namespace: string, name: string): string | undefined;
  /** Why a member may not import from a namespace; undefined if it may. */
  importRefusal(member: string, namespace: string): string | undefined;
  /** Which EndpointSlices of a member are imported. */
  slices(member: MemberRules, namespace: string): SlicePolicy;
}

function entriesOf<T extends { readonly name: string }>(list: readonly T[]): Entries<T> {
  return {
    exact: Map.groupBy(list, ({ name }) => name),
    prefixes: list.filter(({ name }) => name.endsWith('*')).toSorted((a, b) => b.name.length - a.name.length),
  };
}

/** The most specific entry for a namespace that has a setting. */
function entryFor<T extends { readonly name: string }>(
  { exact, prefixes }: Entries<T>,
  namespace: string,
  has: (entry: T) => boolean,
): T | undefined {
  return (
    exact.get(namespace)?.find(has) ??
    prefixes.find((entry) => namespace.startsWith(entry.name.slice(0, -1)) && has(entry))
  );
}

/** Entries of the file come before built-in ones of the same name. */
function fleetEntries({ namespaces, lease }: FleetConfig): Entries<Entry> {
  const denied = { exporters: NOBODY, importers: NOBODY };
  return entriesOf<Entry>([
    ...namespaces.map((settings, index) => ({ ...settings, field: `spec.namespaces[${index}]` })),
    { name: lease.namespace, ...denied },
    { name: SYSTEM_NAMESPACES, ...denied },
  ]);
}

/** Why a member is not among those that an entry allows; undefined if it is. */
function refusalBy(
  entry: Entry | undefined,
  allowed: readonly string[] | undefined,
  {
    member,
    namespace,
    verb,
  }: { readonly member: string; readonly namespace: string; readonly verb: 'export' | 'import' },
): string | undefined {
  if (!entry || !allowed || allowed.includes(EVERYBODY) || allowed.includes(member)) return undefined;
  const subject = `Member ${quoted(member)} may not ${verb} from namespace ${quoted(namespace)}`;
  if (entry.field !== undefined) return `${subject}: ${entry.field}.${verb}.members of the fleet file does not list it`;
  return `${subject}: system namespaces need an entry in spec.namespaces of the fleet file, with ${verb}.members`;
}

/** The rules of a configuration. */
export function namespaceRules(config: FleetConfig): NamespaceRules {
  const fleet = fleetEntries(config);
  const own = new WeakMap<MemberRules['namespaces'], Entries<NamespaceOverride>>();
  const ownEntries = ({ namespaces }: MemberRules): Entries<NamespaceOverride> => {
    const known = own.get(namespaces) ?? entriesOf(namespaces);
    own.set(namespaces, known);
    return known;
  };
  return {
    // The namespace precedes the member because a namespace means the same in every cluster of a clusterset (KEP-1645,
    // "namespace sameness"), so its owner decides for all of them.
    importMode: (member, namespace) =>
      entryFor(ownEntries(member), namespace, () => true)?.importMode ??
      entryFor(fleet, namespace, ({ importMode }) => importMode !== undefined)?.importMode ??
      member.importMode ??
      config.importMode,
    exportRefusal: (member, namespace, name) => {
      if (namespace === 'default' && name === 'kubernetes') {
        return 'Service "default/kubernetes" is the API server of its own cluster and cannot be exported';
      }
      const entry = entryFor(fleet, namespace, ({ exporters }) => exporters !== undefined);
      return refusalBy(entry, entry?.exporters, { member, namespace, verb: 'export' });
    },
    importRefusal: (member, namespace) => {
      const entry = entryFor(fleet, namespace, ({ importers }) => importers !== undefined);
      return refusalBy(entry, entry?.importers, { member, namespace, verb: 'import' });
    },
    slices: (member, namespace) =>
      entryFor(fleet, namespace, ({ slices }) => slices !== undefined)?.slices ?? member.slices,
  };
}
