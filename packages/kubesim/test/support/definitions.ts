/** The built-in resources of a cluster, and stored objects for tests. */

import { settingsOf } from '../../src/cluster-ranges.ts';
import type { ClusterSettings } from '../../src/machinery/cluster-settings.ts';
import type { JsonObject } from '../../src/machinery/json.ts';
import type { StoredObject } from '../../src/machinery/object.ts';
import type { ResourceDefinition, StrategyContext } from '../../src/machinery/resource.ts';
import { builtinResources } from '../../src/resources/index.ts';

/** Current time in these tests. */
export const NOW = Date.parse('2026-01-01T12:00:00Z');

/** Finds a definition by `group/plural`. */
export function definitionOf(resource: string, settings: ClusterSettings = settingsOf(1)): ResourceDefinition {
  const found = builtinResources(settings).find(({ group, plural }) => `${group}/${plural}` === resource);
  if (!found) throw new Error(`${resource} is not built in`);
  return found;
}

/** A stored object, created a minute ago. */
export function stored(fields: JsonObject, metadata: Partial<StoredObject['metadata']> = {}): StoredObject {
  const made = { name: 'x', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T11:59:00Z' };
  return { apiVersion: 'v1', kind: 'X', ...fields, metadata: { ...made, ...metadata } };
}

/** A context without other objects. */
export function context(settings: ClusterSettings = settingsOf(1)): StrategyContext {
  return { settings, now: NOW, get: () => undefined, list: () => [] };
}
