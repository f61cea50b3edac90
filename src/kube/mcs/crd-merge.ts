/**
 * What an installed CRD lacks of Catamaran's. Only additions: whatever an installed CRD has may be in use, and a version
 * in `status.storedVersions` must not go.
 */
import type { CustomResourceDefinition } from '../../api/crd-manifests.ts';
import { MCS_RELEASE } from '../../api/crd-manifests.ts';
import { asText, isJsonObject, type Json, type JsonObject, metadataOf } from '../../api/json.ts';
import { MCS_GROUP, MCS_VERSION } from '../../api/multicluster.ts';

const RELEASE = `${MCS_GROUP}/release-version`;
const REVISION = `${MCS_GROUP}/crd-schema-revision`;

export interface CrdMerge {
  readonly merged: JsonObject;
  /** What is added or raised, one each. */
  readonly changes: readonly string[];
  /** What is kept although Catamaran's CRD does not have it, one each. */
  readonly kept: readonly string[];
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.flatMap((each) => asText(each) ?? []) : [];
}

function child(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

/** Numbers of `v0.5.2`; undefined for anything else. */
function release(text: Json | undefined): readonly number[] | undefined {
  const match = typeof text === 'string' ? /^v(\d{1,6})\.(\d{1,6})\.(\d{1,6})/.exec(text) : null;
  return match?.slice(1).map(Number);
}

/** Negative if the installed release is older or unknown, positive if it is newer. */
function compareRelease(installed: Json | undefined): number {
  const [theirs, ours] = [release(installed), release(MCS_RELEASE) ?? []];
  if (!theirs) return -1;
  for (const [index, number] of ours.entries()) {
    const difference = (theirs[index] ?? 0) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}

class Merging {
  readonly changes: string[] = [];
  readonly kept: string[] = [];

  schema(theirs: JsonObject, ours: JsonObject, path: string, version: string): JsonObject {
    let merged = theirs;
    if (isJsonObject(ours.properties)) merged = this.#properties(theirs, ours.properties, path, version);
    if (isJsonObject(ours.items) && isJsonObject(theirs.items)) {
      merged = { ...merged, items: this.schema(theirs.items, ours.items, `${path}[]`, version) };
    }
    if (typeof theirs.maxItems === 'number' && typeof ours.maxItems === 'number' && theirs.maxItems < ours.maxItems) {
      this.changes.push(`${path} in ${version}: at most ${ours.maxItems} items instead of ${theirs.maxItems}`);
      merged = { ...merged, maxItems: ours.maxItems };
    }
    const values = textsIn(ours.enum).filter((value) => !textsIn(theirs.enum).includes(value));
    if (Array.isArray(theirs.enum) && values.length > 0) {
      this.changes.push(`${path} in ${version}: value ${values.join(', ')}`);
      merged = { ...merged, enum: [...theirs.enum, ...values] };
    }
    return merged;
  }

  #properties(theirs: JsonObject, ours: JsonObject, path: string, version: string): JsonObject {
    const before = child(theirs, 'properties');
    const after: Record<string, Json | undefined> = { ...before };
    const isOpen = theirs['x-kubernetes-preserve-unknown-fields'] === true;
    const field = (name: string) => (path === '' ? name : `${path}.${name}`);
    for (const [name, wanted] of Object.entries(ours)) {
      const found = before[name];
      if (isJsonObject(found) && isJsonObject(wanted)) after[name] = this.schema(found, wanted, field(name), version);
      else if (found === undefined && !isOpen) {
        after[name] = wanted;
        this.changes.push(`field ${field(name)} in ${version}`);
      }
    }
    for (const name of Object.keys(before)) {
      if (ours[name] === undefined) this.kept.push(`field ${field(name)} in ${version}`);
    }
    return { ...theirs, properties: after };
  }

  /** A version that both have. */
  version(theirs: JsonObject, ours: JsonObject): JsonObject {
    const name = String(ours.name);
    const columns = objectsIn(theirs.additionalPrinterColumns);
    const wanted = objectsIn(ours.additionalPrinterColumns);
    const added = wanted.filter((column) => !columns.some((each) => each.name === column.name));
    for (const column of added) this.changes.push(`printer column ${column.name} in ${name}`);
    for (const column of columns) {
      if (!wanted.some((each) => each.name === column.name)) this.kept.push(`printer column ${column.name} in ${name}`);
    }
    const subresources = child(theirs, 'subresources');
    if (subresources.status === undefined) this.changes.push(`subresource status in ${name}`);
    const schema = child(child(theirs, 'schema'), 'openAPIV3Schema');
    const openAPIV3Schema = this.schema(schema, child(child(ours, 'schema'), 'openAPIV3Schema'), '', name);
    return {
      ...theirs,
      subresources: { ...subresources, status: subresources.status ?? {} },
      additionalPrinterColumns: [...columns, ...added],
      schema: { ...child(theirs, 'schema'), openAPIV3Schema },
    };
  }

  versions(theirs: readonly JsonObject[], ours: readonly JsonObject[]): readonly JsonObject[] {
    const known = theirs.map((version) => {
      const wanted = ours.find(({ name }) => name === version.name);
      if (!wanted) this.kept.push(`version ${version.name}`);
      return wanted ? this.version(version, wanted) : version;
    });
    const added = ours.filter(({ name }) => !theirs.some((version) => version.name === name));
    for (const { name } of added) this.changes.push(`version ${name}`);
    const all: readonly JsonObject[] = [...known, ...added.map((version) => ({ ...version, storage: false }))];
    // Only from the version that precedes it: a later one may have more fields.
    const isStored = (name: string) => theirs.some((version) => version.name === name && version.storage === true);
    if (!isStored('v1alpha1')) return all;
    this.changes.push(`storage version ${MCS_VERSION} instead of v1alpha1`);
    return all.map((version) => ({ ...version, storage: version.name === MCS_VERSION }));
  }
}

/** Adds what is missing to an installed CRD. One of a newer release stays as it is. */
export function mergeCrd(installed: JsonObject, crd: CustomResourceDefinition): CrdMerge {
  const metadata = metadataOf(installed) ?? {};
  const labels = child(metadata, 'labels');
  const compared = compareRelease(labels[RELEASE]);
  if (compared > 0) {
    const kept = [`everything: it is of release ${labels[RELEASE]}, which is newer than ${MCS_RELEASE}`];
    return { merged: installed, changes: [], kept };
  }
  // JSON has no readonly types.
  const ours: JsonObject = JSON.parse(JSON.stringify(crd));
  const spec = child(installed, 'spec');
  const merging = new Merging();
  const versions = merging.versions(objectsIn(spec.versions), objectsIn(child(ours, 'spec').versions));
  const names = child(spec, 'names');
  const shortNames = crd.spec.names.shortNames.filter((name) => !textsIn(names.shortNames).includes(name));
  for (const name of shortNames) merging.changes.push(`short name ${name}`);
  if (compared < 0) merging.changes.push(`label ${RELEASE}: ${MCS_RELEASE}`);
  const merged = {
    ...installed,
    metadata: {
      ...metadata,
      labels: compared < 0 ? { ...labels, [RELEASE]: MCS_RELEASE, [REVISION]: crd.metadata.labels[REVISION] } : labels,
    },
    spec: { ...spec, versions, names: { ...names, shortNames: [...textsIn(names.shortNames), ...shortNames] } },
  };
  return { merged, changes: merging.changes, kept: merging.kept };
}
