/** Subresources of pods and their like: their logs, and a clear word of what the sandbox does not have. */

import type { SubresourceHandler } from '../apiserver/verbs.ts';
import { StatusError } from '../machinery/status.ts';
import { podLogHandler } from './log-request.ts';
import type { PodLogs } from './logs.ts';

/** `group/plural/subresource`. */
export type Subresource = `${string}/${string}/${string}`;

const NO_PROGRAM = 'the pods of a sandbox run no program';
const BY_PROXY = `the sandbox passes no connection on; what listens in it is reached through the cluster's SOCKS5 proxy`;

/** Why there is none, by subresource. */
const MISSING: Readonly<Record<Subresource, string>> = {
  '/pods/exec': `${NO_PROGRAM}: there is nothing to execute a command in`,
  '/pods/attach': `${NO_PROGRAM}: there is nothing to attach to`,
  '/pods/portforward': BY_PROXY,
  '/pods/proxy': BY_PROXY,
  '/services/proxy': BY_PROXY,
  '/nodes/proxy': 'the nodes of a sandbox are none: nobody answers there',
  '/serviceaccounts/token': 'a sandbox has one token for each cluster, that of its kubeconfig',
};

/** The subresources that a cluster's pods, Services, nodes and accounts have besides those of every object. */
export function subresources(logs: PodLogs): ReadonlyMap<Subresource, SubresourceHandler> {
  const missing = Object.entries(MISSING).map(([name, message]): [Subresource, SubresourceHandler] => [
    name as Subresource, // the keys of MISSING
    () => {
      throw new StatusError(405, 'MethodNotAllowed', message, {});
    },
  ]);
  return new Map([['/pods/log', podLogHandler(logs)], ...missing]);
}
