/** What has to hold before a cluster joins: rights, clocks. Nothing is written. */
import { asText, isJsonObject, metadataOf } from '../api/json.ts';
import type { Resource } from '../api/resources.ts';
import { isForbidden, isNotFound } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { resourceName } from '../kube/client/paths.ts';
import type { Clock } from '../runtime/clock.ts';
import { ACCESS_REVIEWS, SERVICE_ACCOUNTS } from './membership-resources.ts';

/** A right that a command needs. */
export interface NeededRight {
  readonly verb: string;
  readonly resource: Resource;
  readonly subresource?: string;
  readonly namespace?: string;
}

function textOf({ verb, resource, subresource, namespace }: NeededRight): string {
  const name = `${verb} ${resourceName(resource, subresource)}`;
  return namespace === undefined ? name : `${name} in namespace ${namespace}`;
}

async function isAllowed(client: KubeClient, right: NeededRight, signal: AbortSignal): Promise<boolean> {
  const { verb, resource, subresource, namespace } = right;
  const resourceAttributes = {
    verb,
    group: resource.group,
    resource: resource.plural,
    ...(subresource !== undefined && { subresource }),
    ...(namespace !== undefined && { namespace }),
  };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const { status } = await client.create(ACCESS_REVIEWS, undefined, review, { signal });
  return isJsonObject(status) && status.allowed === true;
}

/** The rights that are missing, for a message. */
export async function missingRights(
  client: KubeClient,
  rights: readonly NeededRight[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answers = await Promise.all(
    rights.map(async (right) => ((await isAllowed(client, right, signal)) ? [] : [textOf(right)])),
  );
  return [...new Set(answers.flat())];
}

/**
 * How far the clock of an API server is ahead of this machine's, in ms, with an error of a second: the time of
 * an object of a dry run. Undefined if the user may not create one.
 */
export async function clockOffset(client: KubeClient, clock: Clock, signal: AbortSignal): Promise<number | undefined> {
  const probe = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { generateName: 'catamaran-clock-' } };
  try {
    const created = await client.create(SERVICE_ACCOUNTS, 'default', probe, { dryRun: 'All', signal });
    const time = Date.parse(asText(metadataOf(created)?.creationTimestamp) ?? '');
    return Number.isNaN(time) ? undefined : time - clock.now();
  } catch (error) {
    if (isForbidden(error) || isNotFound(error)) return undefined;
    throw error;
  }
}
