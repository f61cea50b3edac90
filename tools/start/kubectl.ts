/** The real kubectl, on the clusters of `make start`. */
import { findBinary } from '../controlplane/binaries.ts';
import { run } from '../controlplane/component.ts';
import { KUBECONFIG } from './state.ts';

/** Runs kubectl in a cluster's context. @throws an Error with its standard error if it fails. */
export type Kubectl = (context: string, args: readonly string[], input?: string) => Promise<string>;

export function kubectlWith(signal: AbortSignal, kubeconfig: string = KUBECONFIG): Kubectl {
  return (context, args, input) =>
    run(findBinary('kubectl'), ['--kubeconfig', kubeconfig, '--context', context, ...args], {
      signal,
      ...(input === undefined ? {} : { input }),
    });
}
