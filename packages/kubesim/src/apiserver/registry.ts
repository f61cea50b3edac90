/** The resources that a cluster serves: built-in ones, and those of its CRDs while they are there. */
import type { ResourceDefinition, Version } from '../machinery/resource.ts';
import type { ResourceName } from '../machinery/resource-name.ts';

/** A resource in one of its versions. */
export interface Served {
  readonly definition: ResourceDefinition;
  readonly version: Version;
}

/** `group/plural` of a resource. */
export function resourceName({ group, plural }: Pick<ResourceDefinition, 'group' | 'plural'>): ResourceName {
  return `${group}/${plural}`;
}

/** `v1`, `apps/v1`: the apiVersion of objects. */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Group and version of an apiVersion. */
export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** What is served. */
export class Registry {
  readonly #definitions = new Map<ResourceName, ResourceDefinition>();
  #revision = 0;

  constructor(definitions: readonly ResourceDefinition[]) {
    for (const definition of definitions) this.add(definition);
  }

  /** Grows whenever something becomes served or is taken away: documents made from the registry are good until then. */
  get revision(): number {
    return this.#revision;
  }

  /** Serves a resource, in place of one of that name. */
  add(definition: ResourceDefinition): void {
    this.#definitions.set(resourceName(definition), definition);
    this.#revision++;
  }

  remove(resource: ResourceName): void {
    if (this.#definitions.delete(resource)) this.#revision++;
  }

  /** All resources, in the order in which they came. */
  all(): readonly ResourceDefinition[] {
    return [...this.#definitions.values()];
  }

  get(resource: ResourceName): ResourceDefinition | undefined {
    return this.#definitions.get(resource);
  }

  /** The resource of a path. */
  find(group: string, version: string, plural: string): Served | undefined {
    const definition = this.#definitions.get(`${group}/${plural}`);
    const found = definition?.versions.find(({ name }) => name === version);
    return definition && found && { definition, version: found };
  }

  /** The resource of objects of this kind, whether or not in a version that is served. */
  ofKind(group: string, kind: string): ResourceDefinition | undefined {
    return this.all().find((definition) => definition.group === group && definition.kind === kind);
  }

  /** Whether objects of this kind are served in this version. */
  isKnown(apiVersion: string, kind: string): boolean {
    const { group, version } = splitApiVersion(apiVersion);
    const definition = this.ofKind(group, kind);
    return definition?.versions.some(({ name }) => name === version) ?? false;
  }

  hasGroup(group: string): boolean {
    return this.all().some((definition) => definition.group === group);
  }
}
