/** The annotation by which gateways find the derived Service of an import (GEP-1748 leaves it to implementations). */
import type { Service } from '../../api/core.ts';
import { DERIVED_SERVICE } from '../../api/labels.ts';
import type { ServiceImport } from '../../api/multicluster.ts';
import type { DesiredImport } from '../desired/import.ts';
import { areOfCatamaran, settersOfAnnotation } from '../field-managers.ts';
import { isAutomatic } from '../import-manager.ts';
import { quoted } from '../message.ts';

/**
 * The value that an import should have; null if it should have none, undefined if the present one stays. The name is
 * written together with the addresses, once the Service exists, so it costs no write of its own.
 */
export function annotatedName(
  { serving }: Pick<DesiredImport, 'serving'>,
  name: string,
  own: Service | undefined,
): string | null | undefined {
  if (serving === 'nothing') return null;
  return own || serving.shape.headless ? name : undefined;
}

/** Whether another client set the present value of an import that Catamaran did not create. */
function isOfUser(observed: ServiceImport): boolean {
  const { annotations } = observed.metadata;
  if (annotations?.[DERIVED_SERVICE] === undefined || isAutomatic(observed)) return false;
  return !areOfCatamaran(settersOfAnnotation(observed, DERIVED_SERVICE));
}

/** The change of the annotations of an observed import; empty if there is none, or the value belongs to its user. */
export function annotationPatch(
  observed: ServiceImport,
  wanted: string | null | undefined,
): Readonly<Record<string, string | null>> {
  const present = observed.metadata.annotations?.[DERIVED_SERVICE] ?? null;
  if (wanted === undefined || wanted === present || isOfUser(observed)) return {};
  return { [DERIVED_SERVICE]: wanted };
}

/** Reports that gateways follow another name, which a user set. */
export function annotationNotes(observed: ServiceImport, name: string): readonly string[] {
  const present = observed.metadata.annotations?.[DERIVED_SERVICE];
  if (present === undefined || present === name || !isOfUser(observed)) return [];
  return [`Annotation ${DERIVED_SERVICE} is ${quoted(present)}, which gateways may route to`];
}
