/** The consumers of `catamaran verify`, and how requests are sent from them. */
import { join } from 'node:path';
import type { MemberConfig } from '../config/fleet-config.ts';
import { latencyOf, sendMeasured } from '../inspect/verify/answer.ts';
import { endpointText } from '../inspect/verify/endpoint-text.ts';
import { podProber } from '../inspect/verify/pod-prober.ts';
import { sendAll } from '../inspect/verify/send-all.ts';
import type { Consumer, Prober } from '../inspect/verify/verification.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { systemClock } from '../runtime/clock.ts';
import { withTimeLimit } from '../runtime/watchdog.ts';
import { connector, targetOf } from './connect.ts';
import type { CliContext } from './context.ts';
import type { TargetFleet } from './fleet-target.ts';
import { kubeconfigTrust, type TrustOptions } from './kubeconfig-trust.ts';
import { remoteOf } from './local-sandbox.ts';

/** How requests are sent; durations in ms. */
export interface ProbeSettings {
  readonly image: string;
  readonly namespace: string;
  readonly requestTimeout: number;
  readonly timeout: number;
}

/** A consumer, and its connection. */
type Connected = Consumer & { readonly client: KubeClient };

const DERIVED_PREFIX = 'amcs-';

/** The pods of a sandbox run no programs, so it sends the requests itself: over HTTP. */
function sandboxProber(stateDir: string, cluster: string, { namespace, requestTimeout }: ProbeSettings): Prober {
  return async (targets, signal) => {
    const remote = await remoteOf({ stateDir });
    return await sendAll(targets, async (target) => {
      const start = performance.now();
      const url = endpointText({ ...target, http: true });
      const result = await withTimeLimit(systemClock, requestTimeout, signal, (limited) =>
        remote.request(cluster, { url, namespace }, limited),
      ).catch((error: unknown) => {
        signal.throwIfAborted();
        return { ok: false as const, message: error instanceof Error ? error.message : String(error) };
      });
      if (!result.ok) return { reached: false, error: result.message };
      return { reached: true, latencyMs: latencyOf(performance.now() - start), status: result.status };
    });
  };
}

async function isSandbox(client: KubeClient, signal: AbortSignal): Promise<boolean> {
  return JSON.stringify(await client.raw('/version', { signal })).includes('+kubesim');
}

function fleetProber(
  { name, access }: MemberConfig,
  client: KubeClient,
  settings: ProbeSettings,
  { kubeconfigFiles, home }: CliContext['environment'],
): Prober {
  const { namespace, image, requestTimeout, timeout } = settings;
  const options = { namespace, image, requestMs: requestTimeout, timeoutMs: timeout };
  const pods = podProber(client, { ...options, clock: systemClock, random: Math.random });
  return async (targets, signal) => {
    if (access.kind !== 'kubeconfig' || !(await isSandbox(client, signal))) return pods(targets, signal);
    const kubeconfig = access.path ?? kubeconfigFiles[0] ?? join(home, '.kube', 'config');
    return sandboxProber(join(kubeconfig, '..'), access.context ?? name, settings)(targets, signal);
  };
}

/** The members of a fleet, or those of them that are named. */
export async function fleetConsumers(
  { config, surroundings: { connect } }: TargetFleet,
  names: readonly string[],
  settings: ProbeSettings,
  { environment }: CliContext,
): Promise<readonly Connected[]> {
  const chosen = config.members.filter(({ name }) => names.length === 0 || names.includes(name));
  return Promise.all(
    chosen.map(async (member) => {
      const client = await connect(member);
      const { name, derivedPrefix } = member;
      return { name, client, derivedPrefix, probe: fleetProber(member, client, settings, environment) };
    }),
  );
}

/** The cluster that this process runs in, or that of the current context; requests are sent from here. */
export async function localConsumer(
  settings: ProbeSettings & TrustOptions & { readonly kubeconfig?: string },
  { environment }: CliContext,
): Promise<Connected> {
  const target = targetOf(
    { ...(settings.kubeconfig !== undefined && { kubeconfig: settings.kubeconfig }) },
    environment,
  );
  const client = await connector(environment, kubeconfigTrust(settings, environment))(target);
  const timing = { clock: systemClock, monotonic: () => performance.now() };
  const probe: Prober = (targets, signal) =>
    sendAll(targets, (each) => sendMeasured(each, { ...timing, timeoutMs: settings.requestTimeout, signal }));
  return { name: client.cluster, client, derivedPrefix: DERIVED_PREFIX, probe };
}

export async function closeAll(consumers: readonly Connected[]): Promise<void> {
  await Promise.all(consumers.map(({ client }) => client.close()));
}
