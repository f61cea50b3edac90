/** What a cluster has because it is a member: the account of the controller, its rights, CRDs and its identity. */
import { isJsonObject, type JsonObject } from '../api/json.ts';
import { MANAGED_BY } from '../api/labels.ts';
import type { FleetConfig, LeaseConfig } from '../config/fleet-config.ts';
import { INSTALLER, installedObjects, namespaceObject } from '../install/installation.ts';
import { renewalRules } from '../install/role-rules.ts';
import { isNotFound } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { ABOUT_CRD, ABOUT_GROUP, CLUSTER_ID, CLUSTERSET_ID, clusterProperty } from './about-crd.ts';
import { CONTROLLER } from './hub.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Name of the role by which the account renews its token. */
const RENEWAL = `${CONTROLLER}-token`;

export interface MemberSetup {
  readonly namespace: string;
  readonly lease: Pick<LeaseConfig, 'namespace' | 'name'>;
  /** Of the program. */
  readonly version: string;
  /** Such as `1.34`. */
  readonly kubernetes: string;
}

function role(namespace: string): readonly JsonObject[] {
  const metadata = { name: RENEWAL, namespace, labels: { [MANAGED_BY]: INSTALLER } };
  return [
    // Rules are JSON.
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules: renewalRules(CONTROLLER) },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: RENEWAL },
      subjects: [{ kind: 'ServiceAccount', name: CONTROLLER, namespace }],
    },
  ];
}

function isCrd({ kind }: JsonObject): boolean {
  return kind === 'CustomResourceDefinition';
}

/** In the order in which they are created, without CRDs. */
export function accountObjects(setup: MemberSetup): readonly JsonObject[] {
  return memberObjects(setup, false);
}

/** Also the rights that `catamaran install` adds for changes in the console of the hub. */
export function removableAccountObjects(setup: MemberSetup): readonly JsonObject[] {
  return memberObjects(setup, true);
}

function memberObjects({ namespace, lease, version, kubernetes }: MemberSetup, write: boolean): readonly JsonObject[] {
  const { name } = lease;
  const values = { mode: 'member', lease: { namespace: lease.namespace, name }, console: { write } };
  const objects = installedObjects({ namespace, values, version, kubernetes });
  return [namespaceObject(namespace), ...objects.filter((object) => !isCrd(object)), ...role(namespace)];
}

/** `about` is the version of about.k8s.io that the cluster serves; undefined if it does not. */
export function crdObjects(setup: MemberSetup, about: string | undefined): readonly JsonObject[] {
  const { namespace, version, kubernetes } = setup;
  const objects = installedObjects({ namespace, values: { mode: 'member' }, version, kubernetes });
  return [...objects.filter(isCrd), ...(about === undefined ? [ABOUT_CRD] : [])];
}

/** The identity of a member in its clusterset. */
export function identityObjects(
  name: string,
  { name: fleet = 'catamaran' }: Pick<FleetConfig, 'name'>,
  about: string,
): JsonObject[] {
  return [clusterProperty(about, CLUSTER_ID, name), clusterProperty(about, CLUSTERSET_ID, fleet)];
}

/** The version in which a cluster serves ClusterProperty; undefined if it does not. */
export async function aboutVersion(client: KubeClient, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const group = await client.raw(`/apis/${ABOUT_GROUP}`, signal ? { signal } : {});
    const { preferredVersion } = Object(group);
    return isJsonObject(preferredVersion) && typeof preferredVersion.version === 'string'
      ? preferredVersion.version
      : undefined;
  } catch (error) {
    // A group that is not served is a 404 without a Status.
    if (isNotFound(error) || Object(error).status === 404) return undefined;
    throw error;
  }
}
