/** Starts the parts of a cluster in order. */
import { makeCertificates } from './apiserver/certificates.ts';
import { listen } from './apiserver/listener.ts';
import { type ApiServer, createApiServer } from './apiserver/server.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { ClusterSettings } from './machinery/cluster-settings.ts';
import { isObject, parseJson } from './machinery/json.ts';
import { ListenError } from './machinery/listen-error.ts';
import type { Clock, Logger, Random } from './machinery/runtime.ts';
import { systemClock } from './machinery/system-clock.ts';
import { OptionError, type WorkloadOptions } from './options.ts';
import { RunningCluster } from './running-cluster.ts';
import { bootstrapApi } from './workloads/bootstrap/index.ts';
import { startWorkloads, type Workloads } from './workloads/index.ts';
import { Objects } from './workloads/objects.ts';

export interface OpenOptions {
  readonly settings: ClusterSettings;
  readonly token: string;
  /** Loopback port for users. Default: a free port. */
  readonly port?: number;
  readonly crds: readonly object[];
  readonly workloads: boolean | WorkloadOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Below the ephemeral port range, so that no other process is assigned one of these ports while a server is stopped.
 */
const PORTS = { first: 20_000, last: 32_000 } as const;
const PORT_TRIES = 20;
const CRD_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldValidation=Strict&fieldManager=kubesim';

/**
 * Starts a cluster. If it rejects, everything is cleaned up.
 *
 * @throws OptionError for a CustomResourceDefinition that the API server rejects, ListenError if the port is in use.
 */
export async function openCluster(options: OpenOptions): Promise<RunningCluster> {
  const { settings, token, port, crds, clock, random } = options;
  const logger = options.logger.child({ cluster: settings.name });
  // Clients compare validity with the wall clock, whatever `clock` returns.
  const certificates = await makeCertificates(systemClock.now());
  await using stack = new AsyncDisposableStack();
  const server = createApiServer({ settings, token, clock, random, logger });
  stack.defer(() => server.close());
  const stop = new AbortController();
  stack.defer(() => stop.abort());
  const workloads = runWorkloads(server, certificates.ca, options, stop.signal);
  await createCrds(server, token, crds);
  const listening = await listen({ server, tls: certificates, port: 0, logger });
  stack.defer(() => listening.close());
  const proxy = async (wanted?: number): Promise<FaultProxy> => {
    const opened = new FaultProxy({ target: listening.port, clock });
    await (wanted === undefined ? openSomewhere(opened, random) : openAt(opened, wanted));
    stack.defer(() => opened.close());
    return opened;
  };
  const users = await proxy(port);
  const link = await proxy();
  stack.move();
  return new RunningCluster({ settings, token, ca: certificates.ca, server, listening, users, link, workloads, stop });
}

function runWorkloads(
  server: ApiServer,
  rootCertificate: string,
  { workloads, clock, logger }: OpenOptions,
  signal: AbortSignal,
): Workloads | undefined {
  const { api } = server;
  if (workloads === false) {
    bootstrapApi(new Objects(api));
    return undefined;
  }
  const { nodes, ...times } = workloads === true ? {} : workloads;
  const started = startWorkloads({ api, clock, logger, rootCertificate, times, ...(nodes && { nodes }) }, signal);
  for (const [name, handler] of started.subresources) server.provide(name, handler);
  return started;
}

/** Behaves like `kubectl create --validate=strict`, so that mistakes are reported in the same words. */
async function createCrds(server: ApiServer, token: string, crds: readonly object[]): Promise<void> {
  for (const [index, crd] of crds.entries()) {
    const { status, body } = await server.handle({
      method: 'POST',
      path: CRD_PATH,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(crd),
    });
    if (status === 201) continue;
    throw new OptionError(`crds[${index}]`, `is rejected by the API server: ${messageOf(body)}`);
  }
}

function messageOf(body: string | AsyncIterable<string>): string {
  const answer = typeof body === 'string' ? parseJson(body) : undefined;
  return isObject(answer) ? String(answer.message) : String(body);
}

async function openAt(proxy: FaultProxy, port: number): Promise<void> {
  try {
    await proxy.open(port);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ListenError(`the API server cannot listen on 127.0.0.1:${port}: ${why}`, { cause });
  }
}

async function openSomewhere(proxy: FaultProxy, random: Random): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await proxy.open(PORTS.first + Math.floor(random() * (PORTS.last - PORTS.first)));
      return;
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
    }
  }
}
