/** Reads what is known of a cluster's DNS. */
import type { KubeClient } from '../../kube/client/client.ts';
import { detect } from '../platforms/detect.ts';
import { observe } from '../platforms/observed.ts';
import type { ConfigMapName } from './coredns-objects.ts';
import type { Site } from './install.ts';
import { dnsPods } from './servers.ts';

/** `configMap` is that of CoreDNS; default: that of the platform. */
export async function readSite(client: KubeClient, configMap?: ConfigMapName): Promise<Site> {
  const observed = await observe(client);
  const pods = await dnsPods(client, observed.services);
  return { client, observed, detected: detect(observed), pods, ...(configMap && { configMap }) };
}
