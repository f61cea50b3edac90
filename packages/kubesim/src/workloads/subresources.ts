/** Subresources of pods and the like: logs, and an explanation for each that is missing. */

import type { SubresourceHandler } from '../apiserver/verbs.ts';
import { StatusError } from '../machinery/status.ts';
import { podLogHandler } from './log-request.ts';
import type { PodLogs } from './logs.ts';

/** `group/plural/subresource`. */
export type Subresource = `${string}/${string}/${string}`;

const NO_PROGRAM = 'the pods of kubesim run no program';
const BY_PROXY = "kubesim forwards no connections: use the cluster's SOCKS5 proxy";

/** Why there is none, by subresource. */
const MISSING: Readonly<Record<Subresource, string>> = {
  '/pods/exec': `${NO_PROGRAM}: there is nothing to execute a command in`,
  '/pods/attach': `${NO_PROGRAM}: there is nothing to attach to`,
  '/pods/portforward': BY_PROXY,
  '/pods/proxy': BY_PROXY,
  '/services/proxy': BY_PROXY,
  '/nodes/proxy': 'the nodes of kubesim are virtual: nothing listens there',
  '/serviceaccounts/token': 'a cluster of kubesim has one token, the one in its kubeconfig',
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
