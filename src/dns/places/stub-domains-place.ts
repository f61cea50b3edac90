/** `stubDomains` of kube-dns, which GKE's NodeLocal DNSCache reads, too. */
import { z } from 'zod';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { type ConfigMap, keyEdit, readConfigMap } from '../coredns/coredns-objects.ts';
import { diff } from '../coredns/diff.ts';
import { claimsOf, withClaim } from './claims.ts';
import type { Planned, ZoneChange } from './place.ts';

export const KUBE_DNS = { namespace: 'kube-system', name: 'kube-dns' } as const;
const KEY = 'stubDomains';

const schema = z.record(z.string(), z.array(z.string()));

export async function stubDomainsPlan(client: KubeClient, change: ZoneChange): Promise<Planned> {
  const configMap: ConfigMap = await readConfigMap(client, KUBE_DNS);
  const text = configMap.data?.[KEY] ?? '';
  const before = parse(text);
  const { annotations } = configMap.metadata;
  const { zone, mode, forward } = change;
  const { [zone]: current, ...others } = before;
  const claimed = claimsOf(annotations).includes(zone);
  if (current && !claimed) {
    if (mode === undefined || (forward !== undefined && current.join() === forward)) return { edits: [], notes: [] };
    const where = `ConfigMap ${KUBE_DNS.namespace}/${KUBE_DNS.name}, ${KEY}`;
    throw new CatamaranError(
      'CTM_COREFILE',
      `${where}: already has an entry for ${zone} that is not managed by Catamaran`,
    );
  }
  const after = mode === undefined || forward === undefined ? others : { ...before, [zone]: [forward] };
  if (JSON.stringify(after) === JSON.stringify(before)) return { edits: [], notes: [] };
  const written = Object.keys(after).length === 0 ? undefined : `${JSON.stringify(after, null, 2)}\n`;
  const claims = withClaim(annotations, zone, mode !== undefined);
  return { edits: [keyEdit(configMap, KEY, written, diff(text, written ?? ''), claims)], notes: [] };
}

function parse(text: string): Readonly<Record<string, readonly string[]>> {
  try {
    return text.trim() === '' ? {} : schema.parse(JSON.parse(text));
  } catch (cause) {
    const where = `ConfigMap ${KUBE_DNS.namespace}/${KUBE_DNS.name}, ${KEY}`;
    throw new CatamaranError('CTM_COREFILE', `${where}: not a JSON object of lists of addresses; fix it by hand`, {
      cause,
    });
  }
}
