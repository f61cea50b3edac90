/** The endpoints that an xDS server sends to Envoy, by the client in tools/pins/envoy-gateway/ads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { interopBinary } from '../../tools/interop/binaries.ts';

export type EndpointsByCluster = Readonly<Record<string, readonly string[] | null>>;

export interface XdsOptions {
  /** Cluster of the node, which decides what it is sent. */
  readonly cluster: string;
  readonly node?: string;
  readonly server: string;
  readonly certs?: { readonly dir: string; readonly serverName: string };
}

export interface XdsEndpoints {
  /** What was sent last; empty before. */
  now(): EndpointsByCluster;
  stop(): Promise<void>;
}

/** Subscribes, again and again until the server accepts it. */
export function subscribe({ cluster, node = 'interop', server, certs }: XdsOptions): XdsEndpoints {
  const tls = certs
    ? [
        `-ca=${certs.dir}/ca.crt`,
        `-cert=${certs.dir}/tls.crt`,
        `-key=${certs.dir}/tls.key`,
        `-server-name=${certs.serverName}`,
      ]
    : [];
  const args = [`-server=${server}`, `-cluster=${cluster}`, `-node=${node}`, ...tls];
  let last: EndpointsByCluster = {};
  let stopped = false;
  const start = () => {
    const child = spawn(interopBinary('ads'), args, { stdio: ['ignore', 'pipe', 'ignore'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = JSON.parse(line);
    });
    child.once('exit', () => {
      if (!stopped) current = start();
    });
    return child;
  };
  let current = start();
  return {
    now: () => last,
    async stop() {
      stopped = true;
      if (current.exitCode !== null || !current.kill('SIGKILL')) return;
      await once(current, 'exit');
    },
  };
}
