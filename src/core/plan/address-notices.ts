/** Events about clients that set the addresses of an import, which Catamaran sets. */
import type { JsonObject } from '../../api/json.ts';
import { isJsonObject } from '../../api/json.ts';
import { FIELD_MANAGER } from '../../api/labels.ts';
import type { ServiceImport } from '../../api/multicluster.ts';
import type { Notice } from '../change.ts';
import { settersOf } from '../field-managers.ts';
import { clipped, listed, MANAGER_LENGTH } from '../message.ts';

/** The clients that set `spec.ips`, by the API server's records. */
function settersOfAddresses(imported: ServiceImport): readonly string[] {
  const setters = settersOf(imported, 'ips');
  return [...new Set(setters.map(({ manager = '' }) => clipped(manager, MANAGER_LENGTH)))].toSorted();
}

/** A Warning if a patch overwrites addresses that another client set. */
export function addressNotices(observed: ServiceImport, patch: JsonObject): readonly Notice[] {
  const { ips } = observed.spec;
  if (!ips?.length || !isJsonObject(patch.spec) || !Object.hasOwn(patch.spec, 'ips')) return [];
  const others = settersOfAddresses(observed).filter((manager) => manager !== FIELD_MANAGER);
  if (others.length === 0) return [];
  const { name, namespace = '', uid } = observed.metadata;
  const { apiVersion, kind } = observed;
  const message =
    `spec.ips is set by Catamaran, and ${listed(ips)} of ${listed(others)} is overwritten; ` +
    'remove the field from the manifest, or exclude it from what the client applies';
  const regarding = { apiVersion, kind, namespace, name, ...(uid !== undefined && { uid }) };
  return [{ type: 'Warning', reason: 'AddressesOverwritten', message, regarding }];
}
