/** Fields of a kubeconfig that are refused, either always or in a kubeconfig that is stored in a cluster. */
import ipaddr from 'ipaddr.js';
import { CatamaranError } from '../../runtime/errors.ts';
import type { KubeconfigCluster, KubeconfigUser } from './kubeconfig-schema.ts';

/**
 * Origin of a kubeconfig: `user` is a file of the user who starts the program, as for kubectl; `stored` is one kept in
 * a cluster, whose author must not be able to run programs or read files here.
 */
export type Trust = 'user' | 'stored';

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
  ['insecure-skip-tls-verify', 'a stored kubeconfig must verify its server; use certificate-authority-data'],
  ['certificate-authority', 'a stored kubeconfig cannot name files; use certificate-authority-data'],
];

const STORED_USER: readonly Rule<KubeconfigUser>[] = [
  ['exec', 'a stored kubeconfig cannot run programs; use a token or a client certificate'],
  ['tokenFile', 'a stored kubeconfig cannot name files; use token'],
  ['client-certificate', 'a stored kubeconfig cannot name files; use client-certificate-data'],
  ['client-key', 'a stored kubeconfig cannot name files; use client-key-data'],
];

/** @throws CTM_KUBECONFIG_REFUSED for the first refused field. `prefix` is the path of the entry. */
export function checkClusterFields(source: string, prefix: string, cluster: KubeconfigCluster, trust: Trust): void {
  checkFields(source, prefix, cluster, [...NEVER_CLUSTER, ...(trust === 'stored' ? STORED_CLUSTER : [])]);
}

/** @throws CTM_KUBECONFIG_REFUSED for the first refused field. `prefix` is the path of the entry. */
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

export function refusedField(source: string, field: string, reason: string): CatamaranError {
  return new CatamaranError('CTM_KUBECONFIG_REFUSED', `${source}: ${field}: refused: ${reason}`);
}

/** Ranges of ipaddr.js for this machine, its link, or no single host. */
const LOCAL_RANGES: ReadonlySet<string> = new Set(['unspecified', 'loopback', 'linkLocal', 'multicast', 'broadcast']);

/**
 * Whether a URL's host is this machine or link-local. A stored kubeconfig could use these to send requests to services
 * that trust any local client, such as a cloud's metadata server.
 */
export function isLocal(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (!ipaddr.isValid(host)) return /(^|\.)localhost$/i.test(host);
  const address = ipaddr.process(host);
  return LOCAL_RANGES.has(address.range());
}
