/** Brings the clusterset zone into a cluster's own DNS and takes it out: CoreDNS' ConfigMap and ClusterRole. */

import type { Json, JsonObject } from '../../api/json.ts';
import type { KubeObject, StringMap } from '../../api/meta.ts';
import { MCS_GROUP } from '../../api/multicluster.ts';
import { RESOURCES, type Resource } from '../../api/resources.ts';
import { isForbidden, isNotFound } from '../../kube/client/api-errors.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { type DnsMode, disable, enable, isMarked, lookAt, readsImports } from './corefile-edit.ts';
import { diff } from './diff.ts';

export const CONFIG_MAPS: Resource = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

const CLUSTER_ROLES: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
};

const DEPLOYMENTS: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};

/** On the ConfigMap while the zone is in: the Corefile as it was before. */
export const BACKUP = 'catamaran.dev/corefile-backup';

/** CoreDNS has the option `multicluster` since this version. */
const LEAST_COREDNS = [1, 12, 2] as const;

/** Where a cluster's CoreDNS is configured; the defaults are those of kubeadm. */
export interface ClusterDnsPlace {
  readonly namespace: string;
  /** Name of the ConfigMap and of the Deployment. */
  readonly name: string;
  readonly clusterRole: string;
}

export const KUBEADM_PLACE: ClusterDnsPlace = {
  namespace: 'kube-system',
  name: 'coredns',
  clusterRole: 'system:coredns',
};

interface ConfigMap extends KubeObject {
  readonly data?: StringMap;
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs?: readonly string[];
}

interface ClusterRole extends KubeObject {
  readonly rules?: readonly Rule[] | null;
}

interface Deployment extends KubeObject {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly serviceAccountName?: string;
        readonly containers?: readonly { readonly image?: string }[];
      };
    };
  };
}

/** What CoreDNS needs to read ServiceImports. */
const RULE: Rule = { apiGroups: [MCS_GROUP], resources: ['serviceimports'], verbs: ['list', 'watch'] };

/** One object that changes: what it was, what it will be, and the difference for people. */
interface Edit {
  readonly resource: Resource;
  readonly title: string;
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly lines: readonly string[];
}

/** What is to be done to a cluster's DNS, before it is done. */
export interface DnsPlan {
  /** In the order of doing; empty where all is as it should be. */
  readonly edits: readonly Edit[];
  /** Whether CoreDNS reads the changed file by itself. */
  readonly reloads: boolean;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** What to bring in; `mode` absent takes it out. */
export interface DnsWish {
  readonly mode?: DnsMode;
  readonly zone: string;
  readonly forward?: string;
}

/** The Corefile of a cluster. @throws CTM_COREFILE where there is none. */
export async function readCorefile(client: KubeClient, place: ClusterDnsPlace): Promise<string> {
  return corefileOf(await readConfigMap(client, place), place);
}

async function readConfigMap(client: KubeClient, { namespace, name }: ClusterDnsPlace): Promise<ConfigMap> {
  try {
    return await client.get<ConfigMap>(CONFIG_MAPS, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const where = `cluster ${client.cluster} has no ConfigMap ${namespace}/${name}`;
    throw new CatamaranError('CTM_COREFILE', `${where}: name CoreDNS' own by --configmap, or add the zone by hand`);
  }
}

function corefileOf({ data }: ConfigMap, { namespace, name }: ClusterDnsPlace): string {
  const corefile = data?.Corefile;
  if (corefile !== undefined) return corefile;
  throw new CatamaranError('CTM_COREFILE', `ConfigMap ${namespace}/${name} has no key Corefile`);
}

/** Parsed JSON: the client's generic types only describe it. */
function asJson(object: object): JsonObject {
  return object as JsonObject;
}

/** The first part of a version behind a colon: `v1.12.2`, `1.11.3-eksbuild.1`. */
function versionOf(image: string): readonly number[] | undefined {
  const match = /:v?(\d+)\.(\d+)\.(\d+)/.exec(image);
  return match?.slice(1).map(Number);
}

function isBefore(version: readonly number[], least: readonly number[]): boolean {
  for (const [i, number] of least.entries()) {
    const own = version[i] ?? 0;
    if (own !== number) return own < number;
  }
  return false;
}

/** The account that CoreDNS runs as; its own name where the Deployment is not there or may not be read. */
export async function accountOf(client: KubeClient, { namespace, name }: ClusterDnsPlace): Promise<string> {
  try {
    const { spec } = await client.get<Deployment>(DEPLOYMENTS, { namespace, name });
    return spec?.template?.spec?.serviceAccountName ?? 'default';
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return name;
    throw error;
  }
}

/** Refuses a CoreDNS that does not know the option; gives a note where that cannot be told. */
async function checkVersion(client: KubeClient, { namespace, name }: ClusterDnsPlace): Promise<string[]> {
  let image: string | undefined;
  try {
    const deployment = await client.get<Deployment>(DEPLOYMENTS, { namespace, name });
    image = deployment.spec?.template?.spec?.containers?.[0]?.image;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const version = image === undefined ? undefined : versionOf(image);
  const least = LEAST_COREDNS.join('.');
  if (!version) return [`the version of CoreDNS cannot be told: it must be ${least} or later`];
  if (!isBefore(version, LEAST_COREDNS)) return [];
  throw new CatamaranError(
    'CTM_COREFILE',
    `${image} does not know multicluster, which needs CoreDNS ${least}: use --mode stub, or a later CoreDNS`,
  );
}

function covers(rules: readonly Rule[]): boolean {
  const has = (list: readonly string[] | undefined, value: string) =>
    list?.some((each) => each === value || each === '*');
  return (RULE.verbs ?? []).every((verb) =>
    rules.some(
      (rule) => has(rule.apiGroups, MCS_GROUP) && has(rule.resources, 'serviceimports') && has(rule.verbs, verb),
    ),
  );
}

function isOurs(rule: Rule): boolean {
  return JSON.stringify([rule.apiGroups, rule.resources, rule.verbs]) === JSON.stringify(Object.values(RULE));
}

async function roleEdit(client: KubeClient, place: ClusterDnsPlace, wanted: boolean): Promise<Edit | undefined> {
  let role: ClusterRole;
  try {
    role = await client.get<ClusterRole>(CLUSTER_ROLES, { name: place.clusterRole });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (!wanted) return undefined;
    const where = `cluster ${client.cluster} has no ClusterRole ${place.clusterRole}`;
    throw new CatamaranError('CTM_COREFILE', `${where}: name CoreDNS' own by --cluster-role`);
  }
  const rules = role.rules ?? [];
  const after = wanted ? (covers(rules) ? rules : [...rules, RULE]) : rules.filter((rule) => !isOurs(rule));
  if (after.length === rules.length) return undefined;
  const text = (all: readonly Rule[]) =>
    all.map((rule) => `${rule.apiGroups?.join()} ${rule.resources?.join()}: ${rule.verbs?.join()}`).join('\n');
  return {
    resource: CLUSTER_ROLES,
    title: `ClusterRole ${place.clusterRole}`,
    before: asJson(role),
    after: { ...asJson(role), rules: after.map((rule) => asJson(rule)) },
    lines: diff(text(rules), text(after)),
  };
}

/**
 * Says what has to change for a wish, and changes nothing.
 *
 * @throws CTM_COREFILE where the cluster's CoreDNS cannot be understood or cannot do it; CTM_API_ codes.
 */
export async function planDns(client: KubeClient, place: ClusterDnsPlace, wish: DnsWish): Promise<DnsPlan> {
  const configMap = await readConfigMap(client, place);
  const before = corefileOf(configMap, place);
  const { mode, zone, forward } = wish;
  const after = mode
    ? enable(before, { mode, zone, ...(forward !== undefined && { forward }) })
    : disable(before, zone);
  const notes = mode === 'coredns' ? await checkVersion(client, place) : [];
  const backup = configMap.metadata.annotations?.[BACKUP];
  const edits: Edit[] = [];
  // Another zone that was brought in stays in, and with it what is kept for its end.
  const ends = !mode && backup !== undefined && !isMarked(after);
  const kept = mode ? (backup ?? before) : backup;
  if (after !== before || ends) {
    // Nobody else changed it meanwhile: then it is put back to the letter.
    const text = ends && after.trimEnd() === backup.trimEnd() ? backup : after;
    if (ends && text !== backup) notes.push('the Corefile was changed by others meanwhile: their changes stay');
    edits.push(corefileEdit(configMap, place, text, ends ? undefined : kept));
  }
  // A rule that is there is ours to take only where we brought a zone in, and nobody uses it now.
  const unused = backup !== undefined && !readsImports(after);
  const role = mode === 'coredns' || unused ? await roleEdit(client, place, mode === 'coredns') : undefined;
  // Rights before the file that needs them, and after it when it goes.
  if (role) edits[mode === 'coredns' ? 'unshift' : 'push'](role);
  return { edits, reloads: lookAt(before, zone).reloads, notes };
}

function corefileEdit(configMap: ConfigMap, place: ClusterDnsPlace, text: string, backup: string | undefined): Edit {
  const { [BACKUP]: _, ...annotations }: Record<string, string> = { ...configMap.metadata.annotations };
  const metadata: Json = {
    ...asJson(configMap.metadata),
    annotations: { ...annotations, ...(backup !== undefined && { [BACKUP]: backup }) },
  };
  const lines = diff(configMap.data?.Corefile ?? '', text);
  return {
    resource: CONFIG_MAPS,
    title: `ConfigMap ${place.namespace}/${place.name}, Corefile`,
    before: asJson(configMap),
    after: { ...asJson(configMap), metadata, data: { ...configMap.data, Corefile: text } },
    lines: lines.length > 0 ? lines : [`- annotation ${BACKUP}`],
  };
}

/**
 * Does what a plan says. Each object must still be as it was planned from. Where one cannot be written, those written
 * before it are put back.
 */
export async function applyDns(client: KubeClient, { edits }: DnsPlan): Promise<void> {
  const done: { readonly edit: Edit; readonly version: string | undefined }[] = [];
  for (const edit of edits) {
    try {
      const written = await client.update<KubeObject>(edit.resource, edit.after);
      done.push({ edit, version: written.metadata.resourceVersion });
    } catch (error) {
      const left: string[] = [];
      for (const { edit: undone, version } of done.reverse()) {
        await putBack(client, undone, version).catch((fault: unknown) =>
          left.push(`${undone.title}: ${reason(fault)}`),
        );
      }
      if (left.length === 0) throw error;
      const stays = `what was written before stays, since it could not be put back (${left.join('; ')})`;
      throw new CatamaranError('CTM_DNS', `${reason(error)}; ${stays}`, { cause: error });
    }
  }
}

/** What an error says. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function putBack(client: KubeClient, edit: Edit, resourceVersion: string | undefined): Promise<void> {
  const metadata = asJson(edit.before.metadata as JsonObject);
  await client.update(edit.resource, { ...edit.before, metadata: { ...metadata, resourceVersion } });
}

/** The address of the Service in front of `catamaran dns`. @throws CTM_DNS where there is none. */
export async function serviceAddress(client: KubeClient, namespace: string, name: string): Promise<string> {
  try {
    const service = await client.get<KubeObject & { readonly spec?: { readonly clusterIP?: string } }>(
      RESOURCES.services,
      { namespace, name },
    );
    const address = service.spec?.clusterIP;
    if (address !== undefined && address !== 'None' && address !== '') return address;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  throw new CatamaranError(
    'CTM_DNS',
    `cluster ${client.cluster} has no Service ${namespace}/${name} with an address: say where catamaran dns answers by --forward`,
  );
}
