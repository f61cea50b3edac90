/** What the removal of an export or an import would do. */
import { type ServiceKey, splitKey } from '../api/meta.ts';
import type { ServiceImport } from '../api/multicluster.ts';
import { otherImplementation } from '../core/import-manager.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { fleetAccess } from '../fleet/fleet-access.ts';
import type { Member } from '../fleet/member.ts';

export interface Unexport {
  readonly member: string;
  readonly exported: boolean;
  /** Other members that export it, whose endpoints stay. */
  readonly remaining: readonly string[];
  /** Members that import it. */
  readonly importers: readonly string[];
}

export interface ImportRemoval {
  readonly member: string;
  readonly imported: boolean;
  /** Why removing it makes no sense. */
  readonly problem?: string;
}

export function previewUnexport(fleet: Fleet, { name: member, cache }: Member, key: ServiceKey): Unexport {
  const members = fleet.members.filter((each) => fleet.isMember(each));
  const others = members.filter((each) => each.name !== member && each.cache.exports.get(key));
  return {
    member,
    exported: cache.exports.get(key) !== undefined,
    remaining: others.map(({ name }) => name),
    importers: members.filter((each) => each.cache.imports.get(key)).map(({ name }) => name),
  };
}

function problemOf(fleet: Fleet, { name, config }: Member, key: ServiceKey, imported: ServiceImport) {
  const other = otherImplementation(imported);
  if (other) return `${other.manager} manages the import; remove it there`;
  const isAutomatic = fleetAccess(fleet.config).importMode(config, splitKey(key).namespace) === 'Automatic';
  const isExported = fleet.members.some((member) => fleet.isMember(member) && member.cache.exports.get(key));
  if (!isAutomatic || !isExported) return undefined;
  return `member ${name} imports the namespace automatically, so the import would be created again; set import.mode of the fleet file to Manual, or remove the exports`;
}

export function previewUnimport(fleet: Fleet, member: Member, key: ServiceKey): ImportRemoval {
  const imported = member.cache.imports.get(key);
  const problem = imported && problemOf(fleet, member, key, imported);
  return { member: member.name, imported: imported !== undefined, ...(problem !== undefined && { problem }) };
}
