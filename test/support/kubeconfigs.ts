/** Kubeconfigs with one context, `c`, for tests of access to clusters. */
import type { JsonObject } from '../../src/api/json.ts';

/** A kubeconfig as JSON, which is YAML. */
export function kubeconfig(cluster: JsonObject, user: JsonObject = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  });
}

/** For `certificate-authority-data` and similar fields. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
