/** Makes a cluster a member of the fleet of a hub. What a failed join has created is removed again. */
import { isJsonObject, type JsonObject, metadataOf } from '../api/json.ts';
import { RESOURCES } from '../api/resources.ts';
import type { MemberConfig } from '../config/fleet-config.ts';
import { memberConfigOf } from '../config/parse.ts';
import { discoverCluster } from '../fleet/discovery.ts';
import { install, nameOf, shownObject } from '../install/create-objects.ts';
import { resourceOf } from '../install/kinds.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { CLUSTER_ID, clusterProperties } from './about-crd.ts';
import { findRanges } from './found-ranges.ts';
import { type Hub, readHub } from './hub.ts';
import { LEAVE, secretData, settingsOf } from './inventory/described-member.ts';
import { clash } from './inventory/merged-fleet.ts';
import { checkJoin } from './join-checks.ts';
import type { DeclaredRanges, JoinOptions, JoinResult, Undo } from './join-options.ts';
import { awaitWriter } from './join-wait.ts';
import { storeSecret } from './member-secret.ts';
import { aboutVersion, accountObjects, crdObjects, identityObjects, type MemberSetup } from './member-setup.ts';

/** @throws CTM_MEMBERSHIP, CTM_MEMBER_VERSION, CTM_INSTALL_REFUSED or ApiError */
export async function join(options: JoinOptions): Promise<JoinResult> {
  const { member, hub, name, namespace, dryRun, signal, onProgress } = options;
  onProgress(`checking ${member.cluster} and ${hub.cluster}`);
  const [info, hubInfo, fleet] = await Promise.all([
    discoverCluster(member, signal),
    discoverCluster(hub, signal),
    readHub(hub, namespace, signal),
  ]);
  const clusterId = info.identity.uid;
  if (clusterId === hubInfo.identity.uid && !options.hubIsMember) {
    const advice = 'use the --context of another cluster, or --hub-is-member if the hub should be a member, too';
    throw refused(`--context: ${member.cluster} is the hub itself; ${advice}`);
  }
  const wasMember = requireFreeName(options, fleet, clusterId);
  const { ranges, origins } = await rangesOf(options);
  const settings = { clusterId, ...ranges };
  requireRanges(options, fleet, settings);
  const warnings = [...(await checkJoin(options)), ...rangeWarnings(ranges, origins)];
  const result = { name, clusterId, server: options.server, ranges: listsOf(ranges), origins, warnings, wasMember };
  const undo: Undo = [];
  try {
    await setUpMember(options, fleet, undo);
    const token = await storeSecret(options, fleet, settings, undo);
    if (dryRun || options.timeoutMs === 0) return { ...result, ...token };
    onProgress(`waiting for the controller in ${hub.cluster} to connect to ${name}`);
    const writer = await awaitWriter(options, fleet.file.lease);
    return { ...result, ...token, writer };
  } catch (error) {
    if (undo.length > 0) onProgress('removing what was created');
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw error;
  }
}

function refused(message: string): CatamaranError {
  return new CatamaranError('CTM_MEMBERSHIP', message);
}

/** Returns whether the cluster is this member already. */
function requireFreeName({ name, hub, member, namespace }: JoinOptions, fleet: Hub, clusterId: string): boolean {
  const secret = fleet.secrets.find(({ metadata }) => metadata.name === name);
  const known = secret && secretData(secret).clusterId;
  if (secret && known !== undefined && known !== clusterId) {
    const advice = `choose another --name, or remove it first with catamaran leave ${name}`;
    throw refused(`--name: ${JSON.stringify(name)} is the name of another cluster (${known}); ${advice}`);
  }
  if (secret && metadataOf(secret)?.annotations !== undefined && secret.metadata.annotations?.[LEAVE] !== undefined) {
    throw refused(`member ${JSON.stringify(name)} is leaving; finish it first with catamaran leave ${name}`);
  }
  if (fleet.file.members.some((each) => each.name === name)) {
    throw refused(
      `--name: ${JSON.stringify(name)} is a member of the fleet file of ${hub.cluster}; choose another name`,
    );
  }
  const twin = fleet.fleet.members.find((each) => each.name !== name && each.clusterId === clusterId);
  if (twin) {
    const advice = `a cluster can be only one member; run catamaran leave ${twin.name} first to rename it`;
    throw refused(`--context: ${member.cluster} is member ${JSON.stringify(twin.name)} already; ${advice}`);
  }
  const taken = fleet.described.find((each) => each.name === name && !each.source.includes(`/${name}"`));
  if (taken)
    throw refused(`--name: ${taken.source} in ${namespace} describes a member ${JSON.stringify(name)} already`);
  return secret !== undefined;
}

interface Ranges {
  readonly ranges: DeclaredRanges;
  readonly origins: Readonly<Record<string, string>>;
}

async function rangesOf({ member, ranges: declared }: JoinOptions): Promise<Ranges> {
  const found = await findRanges(member);
  const ranges: Record<string, string> = {};
  const origins: Record<string, string> = {};
  const set = (
    field: keyof DeclaredRanges,
    detected: { readonly cidrs: readonly string[]; readonly origin: string } | undefined,
  ) => {
    const given = declared[field];
    if (given !== undefined) ranges[field] = given;
    else if (detected) {
      ranges[field] = detected.cidrs.join(',');
      origins[field] = detected.origin;
    }
  };
  set('podCIDRs', found.pods);
  set('serviceCIDRs', found.services);
  set('nodeCIDRs', undefined);
  set('extraCIDRs', undefined);
  if (ranges.podCIDRs === undefined && found.nodes) origins.nodes = found.nodes.cidrs.join(',');
  return { ranges, origins };
}

/** The origins have the networks of the nodes if nothing declares those of the pods. */
function rangeWarnings({ podCIDRs }: DeclaredRanges, { nodes }: Readonly<Record<string, string>>): readonly string[] {
  if (podCIDRs !== undefined) return [];
  const what =
    nodes === undefined ? 'no ranges of pods were found' : `pods are accepted in the ranges of the nodes (${nodes})`;
  return [`${what}; pass --pod-cidrs to declare them, which also protects the other members from this one`];
}

function listsOf(ranges: DeclaredRanges): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(ranges).map(([field, text]) => [field, String(text).split(',')]));
}

function requireRanges({ name }: JoinOptions, { fleet }: Hub, settings: DeclaredRanges & { clusterId: string }): void {
  const parsed = settingsOf(name, Object.fromEntries(Object.entries(settings)), {});
  if ('problem' in parsed) throw refused(parsed.problem);
  const candidate: MemberConfig = memberConfigOf(
    parsed.settings,
    { kind: 'stored', source: 'this cluster' },
    fleet.derivedPrefix,
  );
  const problem = clash(
    candidate,
    fleet.members.filter((other) => other.name !== name),
  );
  if (problem === undefined) return;
  const advice = 'if a range was found wrongly, pass --pod-cidrs, --service-cidrs, --node-cidrs or --extra-cidrs';
  throw refused(`${problem}; ${advice}`);
}

async function setUpMember(options: JoinOptions, fleet: Hub, undo: Undo): Promise<void> {
  const { member, namespace, version, kubernetes, dryRun, onProgress, onOutcome, signal, name } = options;
  const setup: MemberSetup = { namespace, lease: fleet.file.lease, version, kubernetes };
  onProgress(`creating the account of the controller in ${member.cluster}`);
  const place = (objects: readonly JsonObject[]) =>
    install(member, objects, {
      dryRun,
      keep: () => true,
      onOutcome: (outcome) => {
        const object = objects.find((each) => shownObject(each) === outcome.object);
        if (!dryRun && outcome.action === 'created' && object) undo.push(() => removeFrom(member, object));
        onOutcome({ ...outcome, cluster: member.cluster });
      },
    });
  const served = await aboutVersion(member, signal);
  await awaitDeleted(options);
  await place(crdObjects(setup, served));
  await place(accountObjects(setup));
  const identity = identityObjects(name, fleet.file, served ?? 'v1alpha1');
  if (served !== undefined) await requireIdentity(member, served, name);
  else if (!dryRun) await awaitServed(options);
  if (served !== undefined || !dryRun) await place(identity);
}

function removeFrom(client: KubeClient, object: JsonObject): Promise<boolean> {
  return client.delete(resourceOf(object), nameOf(object));
}

/** Another implementation may have given the cluster a name in a clusterset. */
async function requireIdentity(member: KubeClient, version: string, name: string): Promise<void> {
  const { items } = await member.list(clusterProperties(version));
  const found = items.find(({ metadata }) => metadata.name === CLUSTER_ID);
  const value = isJsonObject(found?.spec) ? found.spec.value : undefined;
  if (found === undefined || value === name) return;
  const advice = `join it under this name with --name ${value}, or delete clusterproperty ${CLUSTER_ID}`;
  throw refused(`${member.cluster} has the name ${JSON.stringify(value)} in a clusterset already; ${advice}`);
}

/** Nothing can be created in a namespace that a former `leave` is still deleting. */
async function awaitDeleted({ member, namespace, clock, signal, onProgress }: JoinOptions): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const { items } = await member.list(RESOURCES.namespaces, { fieldSelector: `metadata.name=${namespace}`, signal });
    if (items[0] === undefined || metadataOf(items[0])?.deletionTimestamp === undefined) return;
    if (tries === 0) onProgress(`waiting until namespace ${namespace} of ${member.cluster} has been deleted`);
    await clock.sleep(200, signal);
  }
  throw refused(`namespace ${namespace} of ${member.cluster} is being deleted; try again when it is gone`);
}

/** A CustomResourceDefinition is served a moment after its creation. */
async function awaitServed({ member, clock, signal }: JoinOptions): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if ((await aboutVersion(member, signal)) !== undefined) return;
    await clock.sleep(200, signal);
  }
}
