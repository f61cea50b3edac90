import { type ServiceKey, splitKey } from '../api/meta.ts';
import { derivedServiceName } from '../core/naming.ts';

/** The names by which pods of an importing member reach an exported Service, the shortest first. */
export function namesToCall(key: ServiceKey, derivedPrefix: string, clustersetDomain: string): readonly string[] {
  const { namespace, name } = splitKey(key);
  return [`${derivedServiceName(derivedPrefix, name)}.${namespace}`, `${name}.${namespace}.svc.${clustersetDomain}`];
}
