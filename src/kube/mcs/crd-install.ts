/** Installs the CRDs of Catamaran in a cluster, or adds to those that it has. */
import { CRDS, type CustomResourceDefinition } from '../../api/crd-manifests.ts';
import { isJsonObject, type JsonObject } from '../../api/json.ts';
import type { Resource } from '../../api/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { isAbsent } from '../client/api-errors.ts';
import type { KubeClient, RawObject } from '../client/client.ts';
import { mergeCrd } from './crd-merge.ts';
import { ownerOfCrd } from './crd-owner.ts';

const DEFINITIONS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** How long new definitions may take until they are served, in ms. */
const ESTABLISHED_MS = 30_000;
const POLL_MS = 200;

/** What is to be done with one CRD. */
export interface CrdPlan {
  readonly name: string;
  readonly action: 'create' | 'update' | 'none';
  /** Who installed it; absent for users. */
  readonly owner?: string;
  readonly changes: readonly string[];
  readonly kept: readonly string[];
  /** The object to write. */
  readonly object: JsonObject;
}

async function planOne(client: KubeClient, crd: CustomResourceDefinition, signal: AbortSignal): Promise<CrdPlan> {
  const { name } = crd.metadata;
  let installed: JsonObject;
  try {
    installed = await client.get<RawObject>(DEFINITIONS, { name }, { signal });
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return { name, action: 'create', changes: [], kept: [], object: JSON.parse(JSON.stringify(crd)) };
  }
  const { merged, changes, kept } = mergeCrd(installed, crd);
  const owner = ownerOfCrd(installed);
  const action = changes.length > 0 ? 'update' : 'none';
  return { name, action, ...(owner !== undefined && { owner }), changes, kept, object: merged };
}

/** What {@link installCrds} would do. */
export function planCrds(client: KubeClient, signal: AbortSignal): Promise<CrdPlan[]> {
  return Promise.all(CRDS.map((crd) => planOne(client, crd, signal)));
}

/**
 * Writes what is planned and waits until it is served. Without `force`, nothing is written if another owner installed one
 * of the CRDs that would change.
 *
 * @throws CTM_CRDS_OWNED
 */
export async function installCrds(
  client: KubeClient,
  plans: readonly CrdPlan[],
  { force, clock }: { readonly force: boolean; readonly clock: Clock },
): Promise<void> {
  const owned = plans.find(({ action, owner }) => action === 'update' && owner !== undefined);
  if (owned && !force) {
    throw new CatamaranError(
      'CTM_CRDS_OWNED',
      `${owned.name} was installed by ${owned.owner}, which may undo a change; update it there, or use --force`,
    );
  }
  for (const { action, object } of plans) {
    if (action === 'create') await client.create(DEFINITIONS, undefined, object);
    else if (action === 'update') await client.update(DEFINITIONS, object);
  }
  const deadline = clock.now() + ESTABLISHED_MS;
  for (const { name, action } of plans) {
    if (action === 'none') continue;
    while (!isEstablished(await client.get<RawObject>(DEFINITIONS, { name })) && clock.now() < deadline) {
      await clock.sleep(POLL_MS);
    }
  }
}

function isEstablished({ status }: RawObject): boolean {
  const conditions = isJsonObject(status) && Array.isArray(status.conditions) ? status.conditions : [];
  return conditions.some((each) => isJsonObject(each) && each.type === 'Established' && each.status === 'True');
}
