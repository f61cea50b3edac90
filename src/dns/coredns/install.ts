/** Plans how the clusterset zone gets into a cluster's own DNS, and out again: CoreDNS' ConfigMap and ClusterRole. */
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

/** On the ConfigMap while the zone is in: the Corefile as it was before. */
export const BACKUP = 'catamaran.dev/corefile-backup';

/** CoreDNS has the option `multicluster` since this version. */
const MINIMUM_VERSION = [1, 12, 2] as const;

/** What to do to a cluster's DNS, before it is done. */
export interface InstallPlan {
  /** In the order of writing; empty if already up to date. */
  readonly edits: readonly ObjectEdit[];
  /** Whether CoreDNS reads the changed file by itself. */
  readonly reloads: boolean;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** The zone to bring in; without `mode`, to take out. */
export interface InstallRequest {
  readonly mode?: DnsMode;
  readonly zone: string;
  readonly forward?: string;
}

/**
 * Plans a request, and changes nothing.
 *
 * @throws CTM_COREFILE if the cluster's CoreDNS cannot be understood or cannot do it; CTM_API_ codes.
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
  // Another zone that was brought in stays in, and with it what is kept for its end.
  const ends = !mode && backup !== undefined && !hasMarks(after);
  const kept = mode ? (backup ?? before) : backup;
  if (after !== before || ends) {
    // If no other client changed it meanwhile, it is put back to the letter.
    const text = ends && after.trimEnd() === backup.trimEnd() ? backup : after;
    if (ends && text !== backup) notes.push('the Corefile was changed by others meanwhile: their changes stay');
    edits.push(editConfigMap(configMap, names, text, ends ? undefined : kept));
  }
  // A rule is taken out only if Catamaran brought a zone in and nothing else uses the rule now.
  const unused = backup !== undefined && !readsImports(after);
  const role = mode === 'coredns' || unused ? await editRole(client, names, mode === 'coredns') : undefined;
  // Rights before the file that needs them, and after it when it goes.
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

/** A note if the version of CoreDNS is unknown. @throws CTM_COREFILE if it does not have the option. */
function checkVersion(image: string | undefined): string[] {
  const version = image === undefined ? undefined : imageVersion(image);
  const minimum = MINIMUM_VERSION.join('.');
  if (!version) return [`the version of CoreDNS cannot be told: it must be ${minimum} or later`];
  if (!isBefore(version, MINIMUM_VERSION)) return [];
  throw new CatamaranError(
    'CTM_COREFILE',
    `${image} does not know multicluster, which needs CoreDNS ${minimum}: use --mode stub, or a later CoreDNS`,
  );
}

/** The version in a tag such as `v1.12.2` or `1.11.3-eksbuild.1`. */
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
