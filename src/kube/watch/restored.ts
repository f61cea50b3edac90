/**
 * Notices that the versions of an API server have started again, lower than before, as after a restore of etcd from a
 * backup. The server does not report it: a watch from a version that does not exist yet just stays silent.
 */
import type { JsonObject } from '../../api/json.ts';
import type { Resource } from '../../api/resources.ts';
import { isAbsent } from '../client/api-errors.ts';
import type { KubeClient, RawObject } from '../client/client.ts';
import type { Sink } from './sink.ts';
import { compareVersions } from './versions.ts';

export interface Followed {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly namespace?: string;
}

/** Whether the server is at an earlier version than one that it has shown, or is a replica that lags behind. */
export async function isBehind(
  { client, resource, namespace }: Followed,
  version: string,
  signal: AbortSignal,
): Promise<boolean> {
  const pages = client.pages(resource, { signal, limit: 1, ...(namespace !== undefined && { namespace }) });
  for await (const { resourceVersion } of pages) return compareVersions(resourceVersion, version) < 0;
  return false;
}

/**
 * Reads every object that the sink has in a version after that of a full list, and so could not compare with it. A read
 * shows the latest state, whatever a list shows, so it tells a list that lags behind from a server that was restored.
 * Resolves to whether it was; objects that are gone are removed.
 */
export function isRestored(
  { client, resource }: Followed,
  sink: Sink,
  listed: string,
  signal: AbortSignal,
): Promise<boolean> {
  const read = async (path: string): Promise<JsonObject | undefined> => {
    const [name = '', namespace] = path.split('/').toReversed();
    try {
      return await client.get<RawObject>(resource, { name, ...(namespace !== undefined && { namespace }) }, { signal });
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };
  return sink.confirm?.(listed, read) ?? Promise.resolve(false);
}
