/** Subresources of pods and other objects: logs, and error messages for those that are not supported. */

import type { SubresourceHandler } from '../apiserver/verbs.ts';
import { StatusError } from '../machinery/status.ts';
import { podLogHandler } from './log-request.ts';
import type { PodLogs } from './logs.ts';

/** `group/plural/subresource`. */
export type Subresource = `${string}/${string}/${string}`;

const BY_WEB_SOCKET = 'kubesim serves this only over WebSocket, to pods of startClusters; use kubectl 1.31 or later';
const BY_PROXY = "kubesim does not forward connections; use the cluster's SOCKS5 proxy";

/** Error messages by unsupported subresource. */
const MISSING: Readonly<Record<Subresource, string>> = {
  '/pods/exec': BY_WEB_SOCKET,
  '/pods/attach': BY_WEB_SOCKET,
  '/pods/portforward': BY_PROXY,
  '/pods/proxy': BY_PROXY,
  '/services/proxy': BY_PROXY,
  '/nodes/proxy': 'kubesim nodes are virtual and do not listen on any port',
  '/serviceaccounts/token': 'a kubesim cluster has only the token in its kubeconfig',
};

/** Subresources of pods, Services, nodes and service accounts other than those common to all objects. */
export function subresources(logs: PodLogs): ReadonlyMap<Subresource, SubresourceHandler> {
  const missing = Object.entries(MISSING).map(([name, message]): [Subresource, SubresourceHandler] => [
    name as Subresource, // a key of MISSING
    () => {
      throw new StatusError(405, 'MethodNotAllowed', message, {});
    },
  ]);
  return new Map([['/pods/log', podLogHandler(logs)], ...missing]);
}
