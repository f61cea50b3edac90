/** The resources served by a cluster: built-in ones, and those of its CRDs. */
import type { ResourceDefinition, Version } from '../machinery/resource.ts';
import type { ResourceName } from '../machinery/resource-name.ts';

export interface Served {
  readonly definition: ResourceDefinition;
  readonly version: Version;
}

/** `group/plural` of a resource. */
export function resourceName({ group, plural }: Pick<ResourceDefinition, 'group' | 'plural'>): ResourceName {
  return `${group}/${plural}`;
}

/** The apiVersion of objects: `v1`, `apps/v1`. */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export class Registry {
  readonly #definitions = new Map<ResourceName, ResourceDefinition>();
  #revision = 0;

  constructor(definitions: readonly ResourceDefinition[]) {
    for (const definition of definitions) this.add(definition);
  }

  /**
   * Incremented when a resource is added or removed; documents derived from the registry are valid for one revision.
   */
  get revision(): number {
    return this.#revision;
  }

  /** Serves a resource, and replaces any with the same name. */
  add(definition: ResourceDefinition): void {
    this.#definitions.set(resourceName(definition), definition);
    this.#revision++;
  }

  remove(resource: ResourceName): void {
    if (this.#definitions.delete(resource)) this.#revision++;
  }

  /** All resources, in order of registration. */
  all(): readonly ResourceDefinition[] {
    return [...this.#definitions.values()];
  }

  get(resource: ResourceName): ResourceDefinition | undefined {
    return this.#definitions.get(resource);
  }

  find(group: string, version: string, plural: string): Served | undefined {
    const definition = this.#definitions.get(`${group}/${plural}`);
    const found = definition?.versions.find(({ name }) => name === version);
    return definition && found && { definition, version: found };
  }

  /** The resource with objects of this kind, in any version. */
  ofKind(group: string, kind: string): ResourceDefinition | undefined {
    return this.all().find((definition) => definition.group === group && definition.kind === kind);
  }

  /** Whether this kind is served in this version. */
  isKnown(apiVersion: string, kind: string): boolean {
    const { group, version } = splitApiVersion(apiVersion);
    const definition = this.ofKind(group, kind);
    return definition?.versions.some(({ name }) => name === version) ?? false;
  }

  hasGroup(group: string): boolean {
    return this.all().some((definition) => definition.group === group);
  }
}
