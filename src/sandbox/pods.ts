/** Selection of a pod if a user names a Deployment. */

import type { ClusterApi } from 'kubesim';
import { z } from 'zod';
import { CatamaranError } from '../runtime/errors.ts';

const deploymentSchema = z.object({
  spec: z.object({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
});
const podSchema = z.object({ status: z.object({ phase: z.literal('Running') }) });

/**
 * The name of a running pod of a Deployment.
 *
 * @throws CTM_SANDBOX_CURL if there is none.
 */
export function podOf(api: ClusterApi, namespace: string, name: string): string {
  const found = api.get('apps/deployments', { namespace, name });
  const deployment = `Deployment "${namespace}/${name}"`;
  if (!found) throw new CatamaranError('CTM_SANDBOX_CURL', `${api.settings.name}: ${deployment} not found`);
  const labels = deploymentSchema.parse(found).spec.selector.matchLabels;
  const pods = api.list('/pods', { namespace, labels });
  const pod = pods.find((each) => !each.metadata.deletionTimestamp && podSchema.safeParse(each).success);
  if (!pod) throw new CatamaranError('CTM_SANDBOX_CURL', `${api.settings.name}: ${deployment} has no running pod`);
  return pod.metadata.name;
}
