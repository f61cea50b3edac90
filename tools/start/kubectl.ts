/** The real kubectl, on the clusters of `make start`. */
import { findBinary } from '../controlplane/binaries.ts';
import { run } from '../controlplane/component.ts';
import { KUBECONFIG } from './state.ts';

/** Runs kubectl in a cluster's context. Throws an Error with its standard error where it fails. */
export type Kubectl = (context: string, args: readonly string[], input?: string) => Promise<string>;

/** kubectl with a kubeconfig, until the signal aborts. */
export function kubectlWith(signal: AbortSignal, kubeconfig: string = KUBECONFIG): Kubectl {
  return (context, args, input) =>
    run(findBinary('kubectl'), ['--kubeconfig', kubeconfig, '--context', context, ...args], {
      signal,
      ...(input === undefined ? {} : { input }),
    });
}
