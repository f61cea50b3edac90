/**
 * Discovery documents, derived from resource definitions. Source: Kubernetes API reference, APIGroup, APIResourceList,
 * APIGroupDiscovery.
 */
import type { JsonObject } from '../machinery/json.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { apiVersionOf } from './registry.ts';
import { hasDeleteCollection } from './route.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];

/** Virtual resources that only accept create requests. */
const REVIEWS: Readonly<Record<string, readonly (readonly [plural: string, kind: string, namespaced: boolean])[]>> = {
  'authentication.k8s.io': [
    ['selfsubjectreviews', 'SelfSubjectReview', false],
    ['tokenreviews', 'TokenReview', false],
  ],
  'authorization.k8s.io': [
    ['localsubjectaccessreviews', 'LocalSubjectAccessReview', true],
    ['selfsubjectaccessreviews', 'SelfSubjectAccessReview', false],
    ['selfsubjectrulesreviews', 'SelfSubjectRulesReview', false],
    ['subjectaccessreviews', 'SubjectAccessReview', false],
  ],
};

type Definitions = readonly ResourceDefinition[];

/** A resource or subresource in one version. */
interface Entry {
  readonly name: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  /** Set if the kind belongs to a different group than the resource. */
  readonly foreign?: { readonly group: string; readonly version: string };
  readonly custom?: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Entry[];
}

function groupsOf(definitions: Definitions): readonly string[] {
  return [...new Set([...definitions.map(({ group }) => group), ...Object.keys(REVIEWS)])].filter(
    (group) => group !== '',
  );
}

/** Versions of a group, in order of preference. */
function versionsOf(definitions: Definitions, group: string): readonly string[] {
  if (REVIEWS[group]) return ['v1'];
  const names = definitions
    .filter((one) => one.group === group)
    .flatMap(({ versions }) => versions.map(({ name }) => name));
  return [...new Set(names)].toSorted(byPriority);
}

/** v2, v1, v1beta2, v1beta1, v1alpha1. Source: Kubernetes documentation, CRDs, "Version priority". */
function byPriority(a: string, b: string): number {
  const rank = (name: string): readonly number[] => {
    const [, major = '0', stage = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(name) ?? [];
    return [['alpha', 'beta', ''].indexOf(stage), Number(major), Number(minor)];
  };
  const [left, right] = [rank(a), rank(b)];
  for (const [index, value] of left.entries()) if (value !== right[index]) return (right[index] ?? 0) - value;
  return 0;
}

function entriesOf(definitions: Definitions, group: string, version: string): readonly Entry[] {
  const reviews = REVIEWS[group];
  const nothing = { shortNames: [], categories: [], subresources: [] };
  if (reviews && version === 'v1')
    return reviews.map(([name, kind, namespaced]) => ({
      name,
      singular: kind.toLowerCase(),
      kind,
      namespaced,
      verbs: ['create'],
      ...nothing,
    }));
  return definitions
    .filter((one) => one.group === group && one.versions.some(({ name }) => name === version))
    .map((one): Entry => {
      const { plural, singular, kind, namespaced, shortNames, categories, custom = false } = one;
      const sub = (name: string): Entry => ({
        name: `${plural}/${name}`,
        singular: '',
        namespaced,
        kind,
        verbs: SUBRESOURCE_VERBS,
        custom,
        ...nothing,
      });
      const scale = { ...sub('scale'), kind: 'Scale', foreign: { group: 'autoscaling', version: 'v1' } };
      const log = { ...sub('log'), verbs: ['get'] };
      const subresources = [
        ...(group === '' && plural === 'pods' ? [log] : []),
        ...(one.scale ? [scale] : []),
        ...(one.status ? [sub('status')] : []),
      ];
      const verbs = hasDeleteCollection(one) ? VERBS : VERBS.filter((verb) => verb !== 'deletecollection');
      return { name: plural, singular, namespaced, kind, verbs, custom, shortNames, categories, subresources };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** GET /api. */
export function coreVersions(): JsonObject {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

function apiGroup(definitions: Definitions, group: string): JsonObject {
  const versions = versionsOf(definitions, group).map((version) => ({
    groupVersion: apiVersionOf(group, version),
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** GET /apis. */
export function groupList(definitions: Definitions): JsonObject {
  const groups = groupsOf(definitions).map((group) => apiGroup(definitions, group));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** GET /apis/GROUP. */
export function versionList(definitions: Definitions, group: string): JsonObject | undefined {
  if (!groupsOf(definitions).includes(group)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(definitions, group) };
}

/** GET /apis/GROUP/VERSION. */
export function resourceList(definitions: Definitions, group: string, version: string): JsonObject | undefined {
  const entries = entriesOf(definitions, group, version);
  if (entries.length === 0) return undefined;
  const resource = (entry: Entry): JsonObject => ({
    name: entry.name,
    singularName: entry.singular,
    namespaced: entry.namespaced,
    ...(entry.foreign && { ...entry.foreign }),
    kind: entry.kind,
    verbs: entry.verbs,
    ...(entry.shortNames.length > 0 && { shortNames: entry.shortNames }),
    ...(entry.categories.length > 0 && { categories: entry.categories }),
  });
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(group, version),
    resources: entries.flatMap((entry) => [resource(entry), ...entry.subresources.map(resource)]),
  };
}

/** Aggregated discovery: GET /api and /apis in a single document. */
export function aggregated(definitions: Definitions, core: boolean, version: string): JsonObject {
  const groups = core ? [''] : groupsOf(definitions);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
      versions: (core ? ['v1'] : versionsOf(definitions, group)).map((name) => ({
        version: name,
        resources: entriesOf(definitions, group, name).map((entry) => discovered(entry, group, name)),
        freshness: 'Current',
      })),
    })),
  };
}

/** A kind as named in the document. Group and version are omitted for built-in kinds. */
function responseKind({ kind, foreign, custom }: Entry, group: string, version: string): JsonObject {
  return { ...(foreign ?? (custom ? { group, version } : { group: '', version: '' })), kind };
}

function discovered(entry: Entry, group: string, version: string): JsonObject {
  const { namespaced, verbs, shortNames, categories, subresources } = entry;
  return {
    resource: entry.name,
    responseKind: responseKind(entry, group, version),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: entry.singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((sub) => ({
        subresource: sub.name.slice(sub.name.indexOf('/') + 1),
        responseKind: responseKind(sub, group, version),
        verbs: sub.verbs,
      })),
    }),
  };
}
