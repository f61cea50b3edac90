/** A key of ConfigMap coredns-custom, which the Corefile of several platforms imports after its own server blocks. */

import { CONFIG_MAPS } from '../../api/resources.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { readable } from '../../kube/client/readable.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { type ConfigMap, keyEdit } from '../coredns/coredns-objects.ts';
import { parseCorefile } from '../coredns/corefile.ts';
import { addZone, removeZone } from '../coredns/corefile-edit.ts';
import { diff } from '../coredns/diff.ts';
import { inspectZone, zoneOf } from '../coredns/zone-state.ts';
import type { Planned, ZoneChange } from './place.ts';

export const CUSTOM = { namespace: 'kube-system', name: 'coredns-custom' } as const;
const KEY = 'catamaran.server';
const LABELS = { 'app.kubernetes.io/managed-by': 'catamaran' };

/** `corefile` is the one that imports the key. */
export async function customPlan(client: KubeClient, change: ZoneChange, corefile: string): Promise<Planned> {
  const found = await readable(client.get<ConfigMap>(CONFIG_MAPS, CUSTOM));
  const before = found?.data?.[KEY] ?? '';
  const taken = change.mode === undefined ? undefined : otherKey(found, change.zone);
  if (taken !== undefined)
    throw new CatamaranError(
      'CTM_COREFILE',
      `ConfigMap ${CUSTOM.namespace}/${CUSTOM.name}, ${taken}: a server block for ${change.zone} already exists and is not managed by Catamaran`,
    );
  const after = customText(before, change, corefile);
  if (after === before) return { edits: [], notes: [] };
  const lines = diff(before, after);
  if (!found) {
    const metadata = { ...CUSTOM, labels: LABELS };
    const created = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [KEY]: after } };
    const title = `ConfigMap ${CUSTOM.namespace}/${CUSTOM.name}, ${KEY}`;
    return { edits: [{ resource: CONFIG_MAPS, title, after: created, lines }], notes: [] };
  }
  const edit = keyEdit(found, KEY, after === '' ? undefined : after, lines);
  const { [KEY]: _, ...others } = found.data ?? {};
  const empty = after === '' && Object.keys(others).length === 0;
  const created = found.metadata.labels?.['app.kubernetes.io/managed-by'] === 'catamaran';
  if (!empty || !created) return { edits: [edit], notes: [] };
  const { after: __, ...deletion } = edit;
  return { edits: [deletion], notes: [] };
}

/** The text of the key. The original is empty, so all of it is what was added. */
export function customText(before: string, { mode, zone, forward }: ZoneChange, corefile: string): string {
  if (mode === undefined) return removeZone(before, zone, '').trim() === '' ? '' : removeZone(before, zone, '');
  return addZone(
    before,
    { mode, zone, ...(forward !== undefined && { forward }) },
    { original: '', base: understood(corefile) },
  );
}

/** A Corefile that is not understood is replaced by the usual one: the block is valid on its own. */
function understood(corefile: string): string {
  try {
    parseCorefile(corefile);
    return corefile;
  } catch {
    return '.:53 {\n    prometheus :9153\n}\n';
  }
}

/** The key of a user that serves the zone. */
function otherKey(found: ConfigMap | undefined, zone: string): string | undefined {
  const keys = Object.entries(found?.data ?? {}).filter(([key]) => key !== KEY && key.endsWith('.server'));
  return keys.find(([, text]) => {
    try {
      return inspectZone(text, zone).mode !== undefined;
    } catch {
      return text.split(/\s+/).some((word) => zoneOf(word) === zone);
    }
  })?.[0];
}
