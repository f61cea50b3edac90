/** Plans the changes to the ConfigMap and ClusterRole of CoreDNS that add or remove the clusterset zone. */
import { type JsonObject, metadataOf } from '../../api/json.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import {
  CONFIG_MAPS,
  type ConfigMap,
  type CoreDnsNames,
  corefileOf,
  imageOf,
  readConfigMap,
} from './coredns-objects.ts';
import { addZone, type DnsMode, hasMarks, inspectZone, readsImports, removeZone } from './corefile-edit.ts';
import { diff } from './diff.ts';
import type { ObjectEdit } from './object-edit.ts';
import { editRole } from './role-edit.ts';

/** Annotation on the ConfigMap that keeps the original Corefile while any zone is enabled. */
export const BACKUP = 'catamaran.dev/corefile-backup';

/** First version of CoreDNS with the `multicluster` option. */
const MINIMUM_VERSION = [1, 12, 2] as const;

export interface InstallPlan {
  /** In the order in which to write them; empty if already up to date. */
  readonly edits: readonly ObjectEdit[];
  /** Whether CoreDNS reloads a changed Corefile by itself. */
  readonly reloads: boolean;
  /** Printed as `Note: …` after the changes. */
  readonly notes: readonly string[];
}

/** The zone to add; without `mode`, the zone to remove. */
export interface InstallRequest {
  readonly mode?: DnsMode;
  readonly zone: string;
  readonly forward?: string;
}

/**
 * Writes nothing.
 *
 * @throws CTM_COREFILE if the Corefile cannot be edited or CoreDNS does not support the mode; CTM_API_ codes.
 */
export async function planInstall(
  client: KubeClient,
  names: CoreDnsNames,
  { mode, zone, forward }: InstallRequest,
): Promise<InstallPlan> {
  const configMap = await readConfigMap(client, names);
  const before = corefileOf(configMap, names);
  const after = mode
    ? addZone(before, { mode, zone, ...(forward !== undefined && { forward }) })
    : removeZone(before, zone);
  const notes = mode === 'coredns' ? checkVersion(await imageOf(client, names)) : [];
  const backup = configMap.metadata.annotations?.[BACKUP];
  const edits: ObjectEdit[] = [];
  // The backup stays for as long as another zone is enabled.
  const last = !mode && backup !== undefined && !hasMarks(after);
  const kept = mode ? (backup ?? before) : backup;
  if (after !== before || last) {
    // If no other client has changed the Corefile, restore it byte for byte.
    const text = last && after.trimEnd() === backup.trimEnd() ? backup : after;
    if (last && text !== backup) notes.push('the Corefile was also changed by another client; those changes are kept');
    edits.push(editConfigMap(configMap, names, text, last ? undefined : kept));
  }
  // The rule is removed only if Catamaran had added a zone and nothing else needs the rule now.
  const unused = backup !== undefined && !readsImports(after);
  const role = mode === 'coredns' || unused ? await editRole(client, names, mode === 'coredns') : undefined;
  // Grant access before the Corefile needs it; revoke it afterwards.
  if (role) edits[mode === 'coredns' ? 'unshift' : 'push'](role);
  return { edits, reloads: inspectZone(before, zone).reloads, notes };
}

function editConfigMap(
  configMap: ConfigMap,
  { namespace, name }: CoreDnsNames,
  text: string,
  backup: string | undefined,
): ObjectEdit {
  const object: JsonObject = configMap;
  const { [BACKUP]: _, ...annotations }: Record<string, string> = { ...configMap.metadata.annotations };
  const metadata = {
    ...metadataOf(object),
    annotations: { ...annotations, ...(backup !== undefined && { [BACKUP]: backup }) },
  };
  const lines = diff(configMap.data?.Corefile ?? '', text);
  return {
    resource: CONFIG_MAPS,
    title: `ConfigMap ${namespace}/${name}, Corefile`,
    before: object,
    after: { ...object, metadata, data: { ...configMap.data, Corefile: text } },
    lines: lines.length > 0 ? lines : [`- annotation ${BACKUP}`],
  };
}

/** Returns a note if the version is unknown. @throws CTM_COREFILE if CoreDNS does not support `multicluster`. */
function checkVersion(image: string | undefined): string[] {
  const version = image === undefined ? undefined : imageVersion(image);
  const minimum = MINIMUM_VERSION.join('.');
  if (!version) return [`could not determine the version of CoreDNS; multicluster requires ${minimum} or later`];
  if (!isBefore(version, MINIMUM_VERSION)) return [];
  throw new CatamaranError(
    'CTM_COREFILE',
    `${image} does not support multicluster, which requires CoreDNS ${minimum} or later: use --mode stub or upgrade CoreDNS`,
  );
}

/** Parses tags such as `v1.12.2` and `1.11.3-eksbuild.1`. */
function imageVersion(image: string): readonly number[] | undefined {
  const match = /:v?(\d+)\.(\d+)\.(\d+)/.exec(image);
  return match?.slice(1).map(Number);
}

function isBefore(version: readonly number[], minimum: readonly number[]): boolean {
  for (const [i, number] of minimum.entries()) {
    const own = version[i] ?? 0;
    if (own !== number) return own < number;
  }
  return false;
}
