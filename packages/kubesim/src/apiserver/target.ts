/** The target of a request. */

import type { ResourceDefinition, Version } from '../machinery/resource.ts';
import { apiVersionOf } from './registry.ts';

/** A location in a resource: a collection if there is no name, of all namespaces if there is no namespace. */
export interface Target {
  readonly definition: ResourceDefinition;
  readonly version: Version;
  readonly namespace?: string;
  readonly name?: string;
}

/** The apiVersion of the target's objects in this request. */
export function targetApiVersion({ definition, version }: Target): string {
  return apiVersionOf(definition.group, version.name);
}

export interface WriteOptions {
  /** Validates without storing. */
  readonly dryRun: boolean;
  /** Recorded in metadata.managedFields. Absent: no manager is recorded, as for writes through ClusterApi. */
  readonly manager?: string;
  /** Receives warnings, such as about unknown fields. */
  readonly warn?: (message: string) => void;
  /** Handling of unknown fields. Default: dropped without a warning. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}
