/** The life of the process that holds the clusters of `make start`. */
import { howToGoOnInLab } from '../lab/session.ts';
import { shown } from '../paths.ts';
import { type Clusters, startDemo } from './clusters.ts';
import { becomeHolder, KUBECONFIG, LOG_DIR, removeState } from './state.ts';

/** Where lines go, and what is told when everything is ready. */
export interface Audience {
  say(line: string): void;
  ready(): void;
}

/**
 * Starts the clusters and keeps them until the signal aborts or the controller ends. Then it ends all that it started
 * and removes what it wrote, but the logs of a failure. Gives the exit code.
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
    say(clusters === 'lab' ? howToGoOnInLab(demo.controllerUrl) : howToGoOn(demo.controllerUrl));
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

function howToGoOn(controllerUrl: string): string {
  return `
Go on with kubectl (there is one in .cache/bin):
  export KUBECONFIG=${KUBECONFIG}
  kubectl --context cluster2 get service -n provider-ns
  kubectl --context cluster1 -n provider-ns scale deployment web-demo --replicas 5
  kubectl --context cluster2 -n provider-ns get endpointslices --watch
  curl ${controllerUrl}/metrics`;
}
