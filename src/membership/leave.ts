/** Takes a member out of the fleet of a hub: the controller removes what it created, then its account is revoked. */
import { asText, isJsonObject, type JsonObject } from '../api/json.ts';
import {
  IMPORT_ORIGIN,
  IMPORT_ORIGIN_AUTOMATIC,
  MANAGED_BY,
  MANAGER,
  MEMBER_SECRET,
  SECRET_TYPE,
  SLICE_MANAGED_BY,
} from '../api/labels.ts';
import { CONFIG_MAPS, PODS, RESOURCES, type Resource, SECRETS } from '../api/resources.ts';
import type { LeaseConfig } from '../config/fleet-config.ts';
import { discoverCluster } from '../fleet/discovery.ts';
import { existing, managerOf, nameOf, shownObject } from '../install/create-objects.ts';
import { INSTALLER } from '../install/installation.ts';
import { resourceOf } from '../install/kinds.ts';
import type { Removal } from '../install/remove-objects.ts';
import { ApiError, isAbsent } from '../kube/client/api-errors.ts';
import type { KubeClient, RawObject } from '../kube/client/client.ts';
import type { Clock } from '../runtime/clock.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { ABOUT_CRD, clusterProperties } from './about-crd.ts';
import { controllerStatuses, problemWith } from './controller-status.ts';
import { CONTROLLER, readHub } from './hub.ts';
import { LEAVE, secretData } from './inventory/described-member.ts';
import { aboutVersion, crdObjects, identityObjects, removableAccountObjects } from './member-setup.ts';

export interface LeaveOptions {
  readonly name: string;
  readonly hub: KubeClient;
  /** Absent: the member is not touched, which needs `force`. */
  readonly member?: KubeClient;
  readonly namespace: string;
  /** Does not wait for the controller, and accepts that a member cannot be reached. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** How long to wait for the controller, in ms. */
  readonly timeoutMs: number;
  readonly version: string;
  /** Of the member, such as `1.34`. */
  readonly kubernetes: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  readonly onRemoval: (removal: MemberRemoval) => void;
}

export interface MemberRemoval extends Removal {
  readonly cluster: string;
}

const POLL_MS = 500;

function refused(message: string): CatamaranError {
  return new CatamaranError('CTM_MEMBERSHIP', message);
}

/** Objects of the controller in a member, in the order of their removal. */
const MANAGED: readonly { readonly resource: Resource; readonly labelSelector: string }[] = [
  { resource: RESOURCES.serviceImports, labelSelector: `${IMPORT_ORIGIN}=${IMPORT_ORIGIN_AUTOMATIC}` },
  { resource: RESOURCES.services, labelSelector: `${MANAGED_BY}=${MANAGER}` },
  { resource: RESOURCES.endpointSlices, labelSelector: `${SLICE_MANAGED_BY}=${MANAGER}` },
];

/** @throws CTM_MEMBERSHIP or ApiError. It can be repeated after any error. */
export async function leave(options: LeaveOptions): Promise<void> {
  const { name, hub, member, namespace, force, dryRun, signal, onProgress } = options;
  const secret = await secretOf(options);
  const { clusterId } = secretData(secret);
  if (member) await requireCluster(member, name, clusterId, signal);
  else if (!force) throw refused(`pass --context with the context of ${name}, or --force if it cannot be reached`);
  const { file } = await readHub(hub, namespace, signal);
  if (!dryRun) {
    const metadata = { annotations: { [LEAVE]: new Date(options.clock.now()).toISOString() } };
    await hub.patch(SECRETS, { namespace, name }, { metadata }, { signal });
  }
  if (member && !dryRun && !force) {
    onProgress(`waiting for the controller in ${hub.cluster} to remove what it created in ${name}`);
    await awaitDrained(options, member, file.lease);
  }
  if (member) {
    if (force) await removeManaged(options, member);
    await removeSetup(options, member, file.lease);
  }
  await removeStore(options);
  if (!member) for (const removal of remains(options, file.lease, secret)) options.onRemoval(removal);
}

async function secretOf({ hub, namespace, name, signal }: LeaveOptions): Promise<RawObject> {
  try {
    const secret = await hub.get(SECRETS, { namespace, name }, { signal });
    if (secret.metadata.labels?.[SECRET_TYPE] === MEMBER_SECRET) return secret;
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  const { file, secrets } = await readHub(hub, namespace, signal);
  if (file.members.some((each) => each.name === name)) {
    throw refused(`${JSON.stringify(name)} is a member of the fleet file of ${hub.cluster}; remove its entry there`);
  }
  const names = secrets.map(({ metadata }) => metadata.name).join(', ');
  const place = `namespace ${namespace} of ${hub.cluster}`;
  throw refused(`member ${JSON.stringify(name)} not found in ${place}; available: ${names === '' ? 'none' : names}`);
}

async function requireCluster(
  member: KubeClient,
  name: string,
  clusterId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { identity } = await discoverCluster(member, signal);
  if (clusterId === undefined || identity.uid === clusterId) return;
  throw refused(`--context: ${member.cluster} is another cluster (${identity.uid}) than member ${name} (${clusterId})`);
}

async function managedIn(member: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const counts = await Promise.all(
    MANAGED.map(async ({ resource, labelSelector }) => {
      const items = await listed(member, resource, labelSelector, signal);
      return items.length === 0 ? [] : [`${items.length} ${resource.plural}`];
    }),
  );
  return counts.flat();
}

/** Empty if the resource is not served. */
async function listed(
  client: KubeClient,
  resource: Resource,
  labelSelector: string | undefined,
  signal: AbortSignal,
  namespace?: string,
): Promise<readonly RawObject[]> {
  try {
    const place = {
      ...(labelSelector !== undefined && { labelSelector }),
      ...(namespace !== undefined && { namespace }),
    };
    return (await client.list(resource, { ...place, signal })).items;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

/** @throws CTM_MEMBERSHIP after the timeout. The controller continues. */
async function awaitDrained(options: LeaveOptions, member: KubeClient, lease: LeaseConfig): Promise<void> {
  const { clock, signal, timeoutMs, hub, namespace, name } = options;
  const until = clock.now() + timeoutMs;
  let remaining: readonly string[] = [];
  while (clock.now() < until) {
    const holder = await holderOf(member, lease, signal);
    remaining = [...(await managedIn(member, signal)), ...(holder === '' ? [] : [`the Lease of ${holder}`])];
    if (remaining.length === 0) return;
    await clock.sleep(POLL_MS, signal);
  }
  const problem = problemWith(await controllerStatuses(hub, namespace, signal), name);
  const reason = problem === undefined ? '' : `: ${problem}`;
  const text = `the controller in ${hub.cluster} has not removed ${remaining.join(', ')} from ${name} within ${timeoutMs / 1_000} s${reason}`;
  throw refused(`${text}; run the command again to wait for it, or with --force to remove them without it`);
}

async function holderOf(member: KubeClient, { namespace, name }: LeaseConfig, signal: AbortSignal): Promise<string> {
  try {
    const { spec } = await member.get(RESOURCES.leases, { namespace, name }, { signal });
    return isJsonObject(spec) ? (asText(spec.holderIdentity) ?? '') : '';
  } catch (error) {
    if (isAbsent(error)) return '';
    throw error;
  }
}

async function removeManaged({ dryRun, signal, onRemoval }: LeaveOptions, member: KubeClient): Promise<void> {
  for (const { resource, labelSelector } of MANAGED) {
    for (const { metadata } of await listed(member, resource, labelSelector, signal)) {
      const { namespace, name, uid = '' } = metadata;
      const object = { name, ...(namespace !== undefined && { namespace }) };
      if (!dryRun) await member.delete(resource, object, { uid, signal });
      onRemoval({ cluster: member.cluster, object: `${resource.plural} ${namespace}/${name}`, action: 'deleted' });
    }
  }
}

/** What `join` created. What another installer manages stays. */
async function removeSetup(options: LeaveOptions, member: KubeClient, lease: LeaseConfig): Promise<void> {
  const { namespace, version, kubernetes, name, signal } = options;
  const setup = { namespace, lease, version, kubernetes };
  const about = await aboutVersion(member, signal);
  const identity = about === undefined ? [] : identityObjects(name, EMPTY_FLEET, about);
  const [place, ...account] = removableAccountObjects(setup);
  for (const object of [...account.reverse(), ...identity]) await removeObject(options, member, object);
  const leaseObject = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: lease.namespace, name: lease.name },
  };
  await removeObject(options, member, leaseObject, () => true);
  for (const crd of [...crdObjects(setup, undefined)].reverse()) await removeCrd(options, member, crd);
  if (place) await removeNamespace(options, member, place);
}

const EMPTY_FLEET = { name: '' };

async function removeObject(
  { dryRun, signal, onRemoval }: LeaveOptions,
  client: KubeClient,
  object: JsonObject,
  isOurs: (manager: string | undefined) => boolean = (manager) => manager === INSTALLER,
): Promise<void> {
  const current = await existing(client, object);
  if (!current) return;
  const manager = managerOf(current);
  const removal = { cluster: client.cluster, object: shownObject(object) };
  if (!isOurs(manager)) {
    const reason = manager === 'Helm' ? 'managed by Helm; use helm uninstall' : 'not created by catamaran join';
    onRemoval({ ...removal, action: 'kept', reason });
    return;
  }
  if (!dryRun) await client.delete(resourceOf(object), nameOf(object), { uid: current.metadata.uid ?? '', signal });
  onRemoval({ ...removal, action: 'deleted' });
}

/** Deleting a CustomResourceDefinition deletes its objects, which are the users'. */
async function removeCrd(options: LeaveOptions, member: KubeClient, crd: JsonObject): Promise<void> {
  const { signal, onRemoval } = options;
  const { name = '' } = nameOf(crd);
  const [plural = ''] = name.split('.');
  const isAbout = name === nameOf(ABOUT_CRD).name;
  const about = isAbout ? await aboutVersion(member, signal) : undefined;
  const resource =
    about === undefined ? Object.values(RESOURCES).find((each) => each.plural === plural) : clusterProperties(about);
  const remaining = resource ? await listed(member, resource, undefined, signal) : [];
  const current = await existing(member, crd);
  if (!current) return;
  if (remaining.length > 0 && managerOf(current) === INSTALLER) {
    const reason = `${remaining.length} ${plural} of users exist; kubectl delete crd ${name} deletes them, too`;
    onRemoval({ cluster: member.cluster, object: shownObject(crd), action: 'kept', reason });
    return;
  }
  await removeObject(options, member, crd);
}

/** Only one that holds nothing else. */
async function removeNamespace(options: LeaveOptions, member: KubeClient, place: JsonObject): Promise<void> {
  const { namespace, signal, onRemoval } = options;
  const others = await Promise.all(
    [PODS, SECRETS, CONFIG_MAPS, RESOURCES.services].map(async (resource) => {
      const items = await listed(member, resource, undefined, signal, namespace);
      return items.flatMap(({ metadata }) =>
        metadata.name === 'kube-root-ca.crt' ? [] : [`${resource.plural} ${metadata.name}`],
      );
    }),
  );
  const [first] = others.flat();
  if (first === undefined) return removeObject(options, member, place);
  if (await existing(member, place)) {
    const reason = `it holds ${first}; kubectl delete namespace ${namespace}`;
    onRemoval({ cluster: member.cluster, object: shownObject(place), action: 'kept', reason });
  }
}

async function removeStore({ hub, namespace, name, dryRun, signal, onRemoval }: LeaveOptions): Promise<void> {
  const role = { metadata: { namespace, name: `${CONTROLLER}-member-${name}` } };
  const rbac = 'rbac.authorization.k8s.io/v1';
  for (const object of [
    { apiVersion: rbac, kind: 'RoleBinding', ...role },
    { apiVersion: rbac, kind: 'Role', ...role },
    { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } },
  ]) {
    const isFound = dryRun
      ? (await existing(hub, object)) !== undefined
      : await hub.delete(resourceOf(object), nameOf(object), { signal });
    if (isFound) onRemoval({ cluster: hub.cluster, object: shownObject(object), action: 'deleted' });
  }
}

/** What stays in a member that was not touched, with the commands that remove it. */
function remains({ name, namespace }: LeaveOptions, lease: LeaseConfig, secret: RawObject): readonly MemberRemoval[] {
  const kept = (object: string, reason: string): MemberRemoval => ({ cluster: name, object, action: 'kept', reason });
  const { clusterId = '' } = secretData(secret);
  return [
    ...MANAGED.map(({ resource, labelSelector }) =>
      kept(resource.plural, `kubectl delete ${resource.plural} --all-namespaces --selector ${labelSelector}`),
    ),
    kept(
      `the account of the controller, whose token stays valid until it is deleted`,
      `kubectl delete serviceaccount --namespace ${namespace} ${CONTROLLER}`,
    ),
    kept(
      'its roles and admission policy',
      `catamaran uninstall --namespace ${namespace}, with the context of cluster ${clusterId}`,
    ),
    kept('the Lease', `kubectl delete lease --namespace ${lease.namespace} ${lease.name}`),
  ];
}
