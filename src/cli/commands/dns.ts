/** `catamaran dns`: the DNS server of the clusterset zone for one cluster. */

import { type Command, Option } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { nearest } from '../../config/suggest.ts';
import { DnsMetrics } from '../../dns/server/dns-metrics.ts';
import { openDnsServer } from '../../dns/server/dns-server.ts';
import { Zone } from '../../dns/zone/zone.ts';
import { ZoneSource } from '../../dns/zone/zone-source.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import type { Address } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import type { Logger } from '../../runtime/logger.ts';
import { openHttpServer } from '../../server/http-server.ts';
import { registerProcessMetrics } from '../../server/process-metrics.ts';
import { type ClusterOptions, connector, targetOf, warnOfVariables, withCluster } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { examples } from '../help.ts';
import { kubeconfigTrust } from '../kubeconfig-trust.ts';
import { parseIpAddress } from '../listen-address.ts';
import { type LogOptions, logOptions, probesOption, zoneOption } from '../options.ts';
import { parseDurationOrNever, wholeNumber } from '../values.ts';
import { registerDnsCheck } from './dns-check.ts';
import { registerDnsDisable } from './dns-disable.ts';
import { registerDnsEnable } from './dns-enable.ts';

interface DnsOptions extends ClusterOptions, LogOptions {
  readonly listen: Address;
  readonly zone: string;
  readonly ttl: number;
  readonly staleAfter: number;
  readonly rateLimit: number;
  readonly http: Address | 'none';
  readonly logQueries: boolean;
}

/** In seconds, as in CoreDNS. */
const MAX_TTL = 3600;

/** Serves until the signal aborts. */
async function serveZone(options: DnsOptions, client: KubeClient, logger: Logger, signal: AbortSignal): Promise<void> {
  const clock = systemClock;
  const zone = new Zone({ zone: options.zone, ttl: options.ttl });
  const source = new ZoneSource({
    client,
    zone,
    clock,
    random: Math.random,
    logger,
    staleAfterMs: options.staleAfter,
  });
  const metrics = new DnsMetrics();
  registerProcessMetrics(metrics.registry, packageJson.version);
  await using server = await openDnsServer(
    {
      zone,
      current: () => source.current,
      metrics,
      clock,
      logger,
      monotonic: () => performance.now(),
      rateLimit: options.rateLimit,
      logQueries: options.logQueries,
    },
    options.listen,
  );
  const sizes = () => ({ services: zone.services, names: zone.names, connections: server.connections });
  metrics.gauge(() => {
    const { lostSince } = source.status;
    return { ...sizes(), lostSeconds: lostSince === undefined ? 0 : Math.max(0, clock.now() - lostSince) / 1000 };
  });
  const status = () => ({ ready: source.current, zone: options.zone, ...sizes(), ...source.status });
  const endpoints = { status, registry: metrics.registry, clock };
  await using http = options.http === 'none' ? undefined : await openHttpServer(endpoints, options.http, '--http');
  logger.info({ zone: options.zone, cluster: client.cluster, dns: server.address, http: http?.address }, 'dns started');
  await source.run(signal);
}

async function serve(options: DnsOptions, context: CliContext): Promise<void> {
  const { environment, stderrColors, signal } = context;
  const level = options.logLevel ?? environment.logLevel;
  const logger = createLog({ level, format: options.logFormat, colors: stderrColors });
  warnOfVariables(environment, logger);
  const client = await connector(environment, kubeconfigTrust(options, environment))(targetOf(options, environment));
  try {
    await serveZone(options, client, logger, signal);
  } finally {
    await client.close();
  }
  logger.info({}, 'dns stopped');
}

export const registerDns: Register = (program, context) => {
  const dns = program.command('dns').description('serve the clusterset zone of one cluster');
  dns.enablePositionalOptions();
  withCluster(dns)
    .addOption(
      new Option('--listen <address:port>', 'address for DNS over UDP and TCP')
        .argParser(parseIpAddress)
        .default({ host: '127.0.0.1', port: 5353 }, '127.0.0.1:5353'),
    )
    .addOption(zoneOption())
    .addOption(
      new Option('--ttl <seconds>', `TTL of records, at most ${MAX_TTL}`).argParser(wholeNumber(0, MAX_TTL)).default(5),
    )
    .addOption(
      new Option('--stale-after <duration>', 'how long to serve while the API server is unreachable, or never')
        .argParser(parseDurationOrNever)
        .default(86_400_000, '24h'),
    )
    .addOption(
      new Option('--rate-limit <count>', 'UDP responses per second and client network; 0 disables the limit')
        .argParser(wholeNumber(0, 10_000_000))
        .default(20_000),
    )
    .addOption(probesOption('--http', 9471))
    .option('--log-queries', 'log every query', false)
    .addHelpText(
      'after',
      examples('catamaran dns --context cluster1', 'dig @127.0.0.1 -p 5353 service1.provider-ns.svc.clusterset.local', [
        'catamaran dns --listen 0.0.0.0:53 --http 0.0.0.0:9471',
        'in a pod, with its service account',
      ]),
    )
    // Without this, Commander reports too many arguments for an unknown subcommand, since `dns` runs without one.
    .allowExcessArguments()
    .action((options: DnsOptions, command: Command) => {
      const [unknown] = command.args;
      if (unknown === undefined) return serve(options, context);
      const known = command.commands.map((each) => each.name());
      const near = nearest(unknown, known);
      const advice = near === undefined ? `; available: ${known.join(', ')}` : `\n(Did you mean ${near}?)`;
      return command.error(`unknown command '${unknown}'${advice}`);
    });
  for (const option of logOptions()) dns.addOption(option);
  for (const register of [registerDnsEnable, registerDnsDisable, registerDnsCheck]) register(dns, context);
};
