/** Lifecycle of the process that owns the clusters of `make start`. */
import { nextStepsInLab } from '../lab/session.ts';
import { shown } from '../paths.ts';
import { type Clusters, startDemo } from './clusters.ts';
import { becomeHolder, KUBECONFIG, LOG_DIR, removeState } from './state.ts';

/** `ready` is called when everything is ready. */
export interface Audience {
  say(line: string): void;
  ready(): void;
}

/**
 * Starts the clusters and keeps them running until the signal aborts or the controller exits. Then stops everything and
 * removes all files, except for the logs of a failure. Returns the exit code.
 */
export async function hold(clusters: Clusters, audience: Audience, signal: AbortSignal): Promise<number> {
  const { say } = audience;
  const stops: (() => Promise<void>)[] = [];
  const started = Date.now();
  const timed = (line: string): void => say(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${line}`);
  let problem: string | undefined;
  becomeHolder();
  try {
    const demo = await startDemo(clusters, { step: timed, show: say, defer: (stop) => stops.push(stop) }, signal);
    say(clusters === 'lab' ? nextStepsInLab(demo.controllerUrl) : nextSteps(demo.controllerUrl));
    audience.ready();
    problem = await Promise.race([aborted(signal), demo.failed]);
  } catch (error) {
    if (!signal.aborted) problem = error instanceof Error ? error.message : String(error);
  }
  say(problem === undefined ? '\nstopping' : `\n${problem}`);
  for (const stop of stops.toReversed()) await stop();
  removeState(problem !== undefined);
  say(problem === undefined ? 'stopped; nothing is left behind' : `stopped everything; logs are in ${shown(LOG_DIR)}`);
  return problem === undefined ? 0 : 1;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function nextSteps(controllerUrl: string): string {
  return `
Next steps, with kubectl (also available in .cache/bin):
  export KUBECONFIG=${KUBECONFIG}
  kubectl --context cluster2 get service -n provider-ns
  kubectl --context cluster1 -n provider-ns scale deployment web-demo --replicas 5
  kubectl --context cluster2 -n provider-ns get endpointslices --watch
  curl ${controllerUrl}/metrics`;
}
