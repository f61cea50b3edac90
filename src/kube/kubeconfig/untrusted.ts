/** Fields of a kubeconfig that are refused: never supported, or not from a kubeconfig that is stored in a cluster. */
import ipaddr from 'ipaddr.js';
import { CatamaranError } from '../../runtime/errors.ts';
import type { KubeconfigCluster, KubeconfigUser } from './kubeconfig-schema.ts';

/**
 * Who wrote a kubeconfig: `user` is a file of the person who starts the program, as kubectl reads it; `stored` is one
 * kept in a cluster, by somebody who must not be able to run programs or read files here.
 */
export type Trust = 'user' | 'stored';

/** A field with a reason against it. */
type Rule<T> = readonly [field: keyof T & string, reason: string];

const NEVER_CLUSTER: readonly Rule<KubeconfigCluster>[] = [
  ['proxy-url', 'proxies are not supported; the API server must be reachable directly'],
];

const NEVER_USER: readonly Rule<KubeconfigUser>[] = [
  ['auth-provider', 'removed from Kubernetes in 1.26; use an exec plugin or a token'],
  ['username', 'basic authentication was removed from Kubernetes in 1.19; use a token or a client certificate'],
  ['password', 'basic authentication was removed from Kubernetes in 1.19; use a token or a client certificate'],
  ['as', 'impersonation is not supported; use credentials of that user'],
  ['as-uid', 'impersonation is not supported; use credentials of that user'],
  ['as-groups', 'impersonation is not supported; use credentials of that user'],
  ['as-user-extra', 'impersonation is not supported; use credentials of that user'],
];

const STORED_CLUSTER: readonly Rule<KubeconfigCluster>[] = [
  ['insecure-skip-tls-verify', 'a stored kubeconfig must verify its server; give certificate-authority-data'],
  ['certificate-authority', 'a stored kubeconfig cannot name files; use certificate-authority-data'],
];

const STORED_USER: readonly Rule<KubeconfigUser>[] = [
  ['exec', 'a stored kubeconfig cannot run programs; use a token or a client certificate'],
  ['tokenFile', 'a stored kubeconfig cannot name files; use token'],
  ['client-certificate', 'a stored kubeconfig cannot name files; use client-certificate-data'],
  ['client-key', 'a stored kubeconfig cannot name files; use client-key-data'],
];

/** Throws CTM_KUBECONFIG_REFUSED for the first field that is refused. `prefix` is the path of the entry. */
export function checkClusterFields(source: string, prefix: string, cluster: KubeconfigCluster, trust: Trust): void {
  checkFields(source, prefix, cluster, [...NEVER_CLUSTER, ...(trust === 'stored' ? STORED_CLUSTER : [])]);
}

/** The same for a user. */
export function checkUserFields(source: string, prefix: string, user: KubeconfigUser, trust: Trust): void {
  checkFields(source, prefix, user, [...NEVER_USER, ...(trust === 'stored' ? STORED_USER : [])]);
}

function checkFields<T>(source: string, prefix: string, entry: T, rules: readonly Rule<T>[]): void {
  for (const [field, reason] of rules) {
    const value = entry[field];
    if (value === undefined || value === null || value === false) continue;
    throw refusedField(source, `${prefix}.${field}`, reason);
  }
}

/** The error for something that is refused. */
export function refusedField(source: string, field: string, reason: string): CatamaranError {
  return new CatamaranError('CTM_KUBECONFIG_REFUSED', `${source}: ${field}: refused: ${reason}`);
}

/** Ranges of ipaddr.js in which a server would be this machine, its neighbours on the link, or nobody. */
const LOCAL_RANGES: ReadonlySet<string> = new Set(['unspecified', 'loopback', 'linkLocal', 'multicast', 'broadcast']);

/**
 * Whether a URL's host is this machine or link-local: from a stored kubeconfig that would send our requests to
 * services that trust whoever can reach them, such as a cloud's metadata server.
 */
export function isLocal(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (!ipaddr.isValid(host)) return /(^|\.)localhost$/i.test(host);
  const address = ipaddr.process(host);
  return LOCAL_RANGES.has(address.range());
}
