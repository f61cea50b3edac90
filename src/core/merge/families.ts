/** IP families of an import: those of the first exporter, as far as the consumer has them. */
import type { Service } from '../../api/core.ts';
import type { IPFamily } from '../../api/meta.ts';
import type { ServiceImport } from '../../api/multicluster.ts';
import { areOfCatamaran, settersOf } from '../field-managers.ts';

const BOTH: readonly IPFamily[] = ['IPv4', 'IPv6'];

/** Families of an exported Service. The API server sets them; if it did not, none is excluded. */
export function familiesOf(service: Service): readonly IPFamily[] {
  const families = service.spec.ipFamilies;
  return families === undefined || families.length === 0 ? BOTH : families;
}

/** The families that are in both lists, in the order of the first. */
export function intersection(families: readonly IPFamily[], others: readonly IPFamily[]): readonly IPFamily[] {
  return families.filter((family) => others.includes(family));
}

/** The preferred families that are possible; all possible ones if none is. */
export function preferred(
  preference: readonly IPFamily[] | undefined,
  possible: readonly IPFamily[],
): readonly IPFamily[] {
  const met = [...new Set(intersection(preference ?? [], possible))];
  return met.length > 0 ? met : possible;
}

/** `possible` with the primary family of an existing ClusterIP first, without which its address could not stay. */
export function keepingPrimary(service: Service | undefined, possible: readonly IPFamily[]): readonly IPFamily[] {
  const primary = service?.spec.clusterIP === 'None' ? undefined : service?.spec.ipFamilies?.[0];
  if (primary === undefined || !possible.includes(primary)) return possible;
  return [primary, ...possible.filter((family) => family !== primary)];
}

/**
 * Whether Catamaran filled in the families of an import, so that no user requested them: the API server records who set
 * a field (`metadata.managedFields`). A field without a manager counts as requested.
 */
export function areFilledIn(imported: ServiceImport): boolean {
  return areOfCatamaran(settersOf(imported, 'ipFamilies'));
}
