/** Whether the CoreDNS in use can serve the zone itself: a Corefile that it cannot serve is never written. */
import { z } from 'zod';
import { MCS_GROUP } from '../../api/multicluster.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { readable } from '../../kube/client/readable.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { type DnsPod, isBefore, MULTICLUSTER_SINCE, versionOf } from './servers.ts';

/** The version that CoreDNS watches, up to 1.14. */
const WATCHED = 'v1alpha1';

const resourcesSchema = z.object({ resources: z.array(z.object({ name: z.string() })) });

/**
 * Returns notes.
 *
 * @throws CTM_COREFILE if the API server does not serve ServiceImports, or the CoreDNS of a pod is too old or, unless
 *   `force` is set, its version is unknown.
 */
export async function checkCanServe(
  client: KubeClient,
  pods: readonly DnsPod[],
  { force }: { readonly force: boolean },
): Promise<string[]> {
  await checkServed(client);
  if (pods.length === 0) return [`no running CoreDNS found; multicluster requires ${MULTICLUSTER_SINCE} or later`];
  const notes: string[] = [];
  const images = new Map(pods.map((pod) => [pod.image, pod]));
  for (const [image, pod] of images) {
    const found = await versionOf(client, pod);
    if (found && isBefore(found.version, MULTICLUSTER_SINCE))
      throw new CatamaranError(
        'CTM_COREFILE',
        `Pod ${pod.namespace}/${pod.name} has CoreDNS ${found.version} (by ${found.source}), and multicluster requires ${MULTICLUSTER_SINCE} or later: use --mode stub or upgrade CoreDNS`,
      );
    if (found) notes.push(`Pod ${pod.namespace}/${pod.name} has CoreDNS ${found.version} (by ${found.source})`);
    else if (!force)
      throw new CatamaranError(
        'CTM_COREFILE',
        `could not determine the version of CoreDNS in Pod ${pod.namespace}/${pod.name} from its metrics or its image ${image}, and multicluster requires ${MULTICLUSTER_SINCE} or later: use --mode stub, or --force if you know that it has the option`,
      );
    else notes.push(`could not determine the version of CoreDNS; multicluster requires ${MULTICLUSTER_SINCE} or later`);
  }
  return notes;
}

async function checkServed(client: KubeClient): Promise<void> {
  const path = `/apis/${MCS_GROUP}/${WATCHED}`;
  const { data } = resourcesSchema.safeParse(await readable(client.raw(path)));
  if (data?.resources.some(({ name }) => name === 'serviceimports')) return;
  throw new CatamaranError(
    'CTM_COREFILE',
    `cluster ${client.cluster} does not serve serviceimports.${MCS_GROUP}/${WATCHED}, which CoreDNS watches: install the CRDs first (catamaran crds | kubectl apply -f -)`,
  );
}
