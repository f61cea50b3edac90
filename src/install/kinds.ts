/** The kinds of an installation as resources of the API. */
import type { JsonObject } from '../api/json.ts';
import { asText } from '../api/json.ts';
import type { Resource } from '../api/resources.ts';

/** Plural names are the kind in lower case with an s, or with the ending given here. */
const PLURALS: Readonly<Record<string, string>> = {
  ClusterProperty: 'clusterproperties',
  NetworkPolicy: 'networkpolicies',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
};

const CLUSTER_SCOPED = [
  'ClusterProperty',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'Namespace',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

/** The resource of an object of an installation. */
export function resourceOf(object: JsonObject): Resource {
  const kind = asText(object.kind) ?? '';
  const [version = '', group = ''] = (asText(object.apiVersion) ?? '').split('/').reverse();
  const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`;
  return { group, version, plural, kind, namespaced: !CLUSTER_SCOPED.includes(kind) };
}
