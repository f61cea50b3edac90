/** Whether a cluster serves the Multi-Cluster Services API in the version that Catamaran uses. */
import { MCS_API_VERSION, MCS_GROUP } from '../api/multicluster.ts';
import { RESOURCES } from '../api/resources.ts';
import { isForbidden, isNotFound } from '../kube/client/api-errors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { CatamaranError } from '../runtime/errors.ts';

const REMEDY = 'install them with `catamaran crds | kubectl apply -f -`';

/**
 * Throws if the CRDs are not installed in that version. An answer that is not clear is not an error: the LISTs show it.
 * @throws CTM_CRDS_MISSING, or ApiError if the API server does not respond.
 */
export async function requireMcsApi(client: KubeClient, signal: AbortSignal): Promise<void> {
  const resources = fieldOf(await discovery(client, `/apis/${MCS_API_VERSION}`, signal), 'resources');
  if (!Array.isArray(resources)) return;
  const served = textsIn(resources, 'name');
  const missing = [RESOURCES.serviceExports, RESOURCES.serviceImports].filter(({ plural }) => !served.includes(plural));
  if (missing.length === 0) return;
  const versions = fieldOf(await discovery(client, `/apis/${MCS_GROUP}`, signal), 'versions');
  const others = Array.isArray(versions) ? textsIn(versions, 'version') : [];
  const kinds = missing.map(({ kind }) => kind).join(' and ');
  const found = others.length > 0 ? `, only ${others.join(', ')}` : '';
  throw new CatamaranError(
    'CTM_CRDS_MISSING',
    `cluster ${client.cluster} does not serve ${kinds} in ${MCS_API_VERSION}${found}: the CRDs are missing or too old; ${REMEDY}`,
  );
}

export function isCrdsMissing(error: unknown): error is CatamaranError {
  return error instanceof CatamaranError && error.code === 'CTM_CRDS_MISSING';
}

/** A discovery document; an empty one if the path is not served, undefined if it may not be read. */
async function discovery(client: KubeClient, path: string, signal: AbortSignal): Promise<unknown> {
  try {
    return await client.raw(path, { signal });
  } catch (error) {
    if (isNotFound(error)) return { resources: [] };
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

function fieldOf(document: unknown, name: string): unknown {
  if (typeof document !== 'object' || document === null) return undefined;
  return new Map<string, unknown>(Object.entries(document)).get(name);
}

function textsIn(list: readonly unknown[], field: string): string[] {
  return list.flatMap((item) => {
    const text = fieldOf(item, field);
    return typeof text === 'string' && /^[\w.-]{1,63}$/.test(text) ? [text] : [];
  });
}
