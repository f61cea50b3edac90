/** What a request is about. */

import type { ResourceDefinition, Version } from '../machinery/resource.ts';
import { apiVersionOf } from './registry.ts';

/** A place in a resource: without a name the collection, without a namespace (of a namespaced one) all of them. */
export interface Target {
  readonly definition: ResourceDefinition;
  readonly version: Version;
  readonly namespace?: string;
  readonly name?: string;
}

/** The apiVersion of a target's objects as the request sees them. */
export function targetApiVersion({ definition, version }: Target): string {
  return apiVersionOf(definition.group, version.name);
}

/** How a write is done. */
export interface WriteOptions {
  /** Nothing is stored. */
  readonly dryRun: boolean;
  /** Who is noted in metadata.managedFields; absent: nobody, as for writes through the ClusterApi. */
  readonly manager?: string;
  /** Where what a request says besides its answer goes: unknown fields. */
  readonly warn?: (message: string) => void;
  /** What becomes of unknown fields. Absent: they are dropped. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}
