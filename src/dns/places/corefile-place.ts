/** The Corefile in a ConfigMap, of CoreDNS or of a DNS cache on each node. */
import { CatamaranError } from '../../runtime/errors.ts';
import { type ConfigMap, type ConfigMapName, corefileOf, keyEdit } from '../coredns/coredns-objects.ts';
import { addedZones, addZone, removeZone } from '../coredns/corefile-edit.ts';
import { diff } from '../coredns/diff.ts';
import { inspectZone } from '../coredns/zone-state.ts';
import { ownerOf } from '../platforms/detect.ts';
import { NOTHING, type Planned, type ZoneChange } from './place.ts';

/** Annotation on the ConfigMap that keeps the original Corefile while any zone is enabled. */
export const BACKUP = 'catamaran.dev/corefile-backup';

/**
 * Plans the change.
 *
 * @throws CTM_COREFILE if the Corefile cannot be edited, or `force` is not set and a tool owns the ConfigMap.
 */
export function corefilePlan(
  configMap: ConfigMap,
  names: ConfigMapName,
  change: ZoneChange,
  { force }: { readonly force: boolean },
): Planned {
  const before = corefileOf(configMap, names);
  const backup = configMap.metadata.annotations?.[BACKUP];
  const planned = change.mode === undefined ? removal(before, change.zone, backup) : addition(before, change, backup);
  if (planned.text === before && planned.backup === backup) return { edits: [], notes: planned.notes };
  const owner = ownerOf(configMap.metadata);
  if (change.mode !== undefined && owner !== undefined && !force)
    throw new CatamaranError(
      'CTM_COREFILE',
      `ConfigMap ${names.namespace}/${names.name} is written by ${owner}, which would revert the change: change it there (--print shows what to add), or write it anyway with --force`,
    );
  const { [BACKUP]: _, ...annotations }: Record<string, string> = { ...configMap.metadata.annotations };
  const lines = diff(before, planned.text);
  const edit = keyEdit(configMap, 'Corefile', planned.text, lines.length > 0 ? lines : [`- annotation ${BACKUP}`], {
    ...annotations,
    ...(planned.backup !== undefined && { [BACKUP]: planned.backup }),
  });
  return { edits: [edit], notes: planned.notes };
}

interface Edited {
  readonly text: string;
  /** The backup to keep. */
  readonly backup: string | undefined;
  readonly notes: readonly string[];
}

function addition(before: string, change: ZoneChange, backup: string | undefined): Edited {
  const { mode = 'stub', zone, forward } = change;
  const state = inspectZone(before, zone);
  if (state.mode === 'plugin') {
    const plugin = `the Corefile has the external plugin multicluster for ${zone}, so there is nothing to add`;
    return { text: before, backup, notes: [`${plugin}; run catamaran dns check to see whether this CoreDNS has it`] };
  }
  const text = addZone(before, { mode, zone, ...(forward !== undefined && { forward }) }, { original: backup });
  return { text, backup: text === before ? backup : (backup ?? before), notes: [] };
}

function removal(before: string, zone: string, backup: string | undefined): Edited {
  const after = removeZone(before, zone, backup);
  const left = inspectZone(after, zone).mode;
  const own = backup === undefined ? left !== undefined : inspectZone(backup, zone).mode !== undefined;
  if (left !== undefined && own) {
    const kept = `the configuration of ${zone} in the Corefile was there before, and stays`;
    return { text: after, backup, notes: [kept] };
  }
  if (left !== undefined) {
    const kept = `the server block for ${zone} was changed by another client and is left: remove it by hand, then run this command again`;
    return { text: after, backup, notes: [kept] };
  }
  if (backup === undefined) return { text: after, backup, notes: [] };
  if (addedZones(after, backup).length > 0) return { text: after, backup, notes: [] };
  // If no other client has changed the Corefile, restore it byte for byte.
  if (after.trimEnd() === backup.trimEnd()) return { text: backup, backup: undefined, notes: [] };
  const note = 'the Corefile was also changed by another client; those changes are kept';
  return { text: after, backup: undefined, notes: [note] };
}

/** The same zone in a cache on each node, which forwards it as it forwards the cluster's own names. */
export function nodeCachePlan(
  configMap: ConfigMap | undefined,
  names: ConfigMapName,
  { zone, mode }: ZoneChange,
  options: { readonly force: boolean },
): Planned {
  if (!configMap?.data?.Corefile) return NOTHING;
  return corefilePlan(configMap, names, { zone, ...(mode !== undefined && { mode: 'stub' }) }, options);
}
