/** The resolver configuration that the kubelet writes for a pod. Source: resolv.conf(5). */
import { isIP } from 'node:net';

/** The servers that pods ask; empty unless the kubelet wrote it for the cluster's DNS, as the search list shows. */
export function clusterNameservers(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const searched = lines.filter(([key]) => key === 'search').flatMap(([, ...domains]) => domains);
  if (!searched.some((domain) => domain.startsWith('svc.'))) return [];
  return lines
    .filter(([key, address = '']) => key === 'nameserver' && isIP(address) !== 0)
    .map(([, address = '']) => address);
}
