/** Which objects an installation consists of, from values and a namespace. */

import { CRDS } from '../api/crd-manifests.ts';
import { isJsonObject, type Json, type JsonObject } from '../api/json.ts';
import { MANAGED_BY } from '../api/labels.ts';
import { DEFAULT_VALUES } from './chart-values.ts';
import { MANIFESTS, manifestsFor } from './manifest-groups.ts';
import { evaluate, type Scope } from './template.ts';

/** Value of the label `app.kubernetes.io/managed-by` on what `catamaran install` creates. */
export const INSTALLER = 'catamaran-install';

export interface Installation {
  readonly namespace: string;
  /** Values that differ from the defaults. */
  readonly values: JsonObject;
  /** Version of the program, and of the image. */
  readonly version: string;
  /** Version of Kubernetes, such as `1.34`. */
  readonly kubernetes: string;
}

/** As Helm merges values: objects by field, null removes a default, and lists replace each other. */
function merged(base: Json | undefined, over: Json | undefined): Json | undefined {
  if (over === undefined) return base;
  if (over === null) return undefined;
  if (!isJsonObject(base) || !isJsonObject(over)) return over;
  const entries = [...new Set([...Object.keys(base), ...Object.keys(over)])].map(
    (key) => [key, merged(base[key], over[key])] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

export function mergedValues(...all: readonly JsonObject[]): JsonObject {
  const values = all.reduce<Json | undefined>((base, over) => merged(base, over), {});
  return isJsonObject(values) ? values : {};
}

function scopeOf({ namespace, values, version, kubernetes }: Installation): Scope {
  return {
    // Values are JSON by their schema.
    Values: mergedValues(DEFAULT_VALUES as unknown as JsonObject, values),
    Release: { Namespace: namespace, Service: INSTALLER },
    Chart: { AppVersion: version },
    kubernetes,
  };
}

/** The namespace, whose pods have no rights on their nodes. Helm creates it by itself. */
export function namespaceObject(name: string): JsonObject {
  const levels = ['enforce', 'audit', 'warn'].map((level) => [`pod-security.kubernetes.io/${level}`, 'restricted']);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...Object.fromEntries(levels), [MANAGED_BY]: INSTALLER } },
  };
}

/** In the order in which they are created, without the namespace. */
export function installedObjects(installation: Installation): readonly JsonObject[] {
  return manifestsFor(scopeOf(installation));
}

/** All objects that any values lead to, except CustomResourceDefinitions, in the order in which they are removed. */
export function removableObjects(installation: Omit<Installation, 'values'>): readonly JsonObject[] {
  const scope = scopeOf({ ...installation, values: {} });
  return MANIFESTS.filter(({ file }) => file !== 'crds')
    .flatMap(({ manifests }) => manifests.map((manifest) => evaluate(manifest, scope)))
    .reverse();
}

export const CRD_NAMES: readonly string[] = CRDS.map(({ metadata }) => metadata.name);
