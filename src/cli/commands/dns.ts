/** `catamaran dns`: the server of the clusterset zone for one cluster. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import { nearest } from '../../config/suggest.ts';
import { DnsMetrics } from '../../dns/server/dns-metrics.ts';
import { openDnsServer } from '../../dns/server/dns-server.ts';
import { Zone } from '../../dns/zone/zone.ts';
import { ZoneSource } from '../../dns/zone/zone-source.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import type { Address } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLog, LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../../runtime/log.ts';
import type { Logger } from '../../runtime/logger.ts';
import { openHttpServer } from '../../server/http-server.ts';
import { type ClusterOptions, connector, targetOf, withCluster } from '../connect.ts';
import type { CliContext, Register } from '../context.ts';
import { parseIpAddress, parseOptionalAddress } from '../listen-address.ts';
import { parseZone, wholeNumber } from '../values.ts';
import { registerDnsCluster } from './dns-cluster.ts';

interface DnsOptions extends ClusterOptions {
  readonly listen: Address;
  readonly zone: string;
  readonly ttl: number;
  readonly staleAfter: number;
  readonly rateLimit: number;
  readonly http: Address | 'none';
  readonly logQueries: boolean;
  readonly logLevel?: LogLevel;
  readonly logFormat: LogFormat;
}

/** Greatest TTL taken: an hour, as in CoreDNS. */
const MAX_TTL = 3600;

function parseStaleAfter(text: string): number {
  if (text === 'never') return Number.POSITIVE_INFINITY;
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Write a duration, such as 90s, 30m or 24h, or never.');
  return ms;
}

/** Answers until the signal aborts. */
async function answer(options: DnsOptions, client: KubeClient, logger: Logger, signal: AbortSignal): Promise<void> {
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
  logger.info({ zone: options.zone, cluster: client.cluster, dns: server.address, http: http?.address }, 'dns starts');
  await source.run(signal);
}

async function serve(options: DnsOptions, context: CliContext): Promise<void> {
  const { environment, stderrColors, signal } = context;
  const level = options.logLevel ?? environment.logLevel;
  const logger = createLog({ level, format: options.logFormat, colors: stderrColors });
  const client = await connector(environment, logger)(targetOf(options, environment));
  try {
    await answer(options, client, logger, signal);
  } finally {
    await client.close();
  }
  logger.info({}, 'dns stopped');
}

const EXAMPLES = `
Examples:
  catamaran dns --context cluster1
  dig @127.0.0.1 -p 5353 service1.provider-ns.svc.clusterset.local
  catamaran dns --listen 0.0.0.0:53 --http 0.0.0.0:9471       in a pod, with its own account
`;

export const registerDns: Register = (program, context) => {
  const dns = program.command('dns').description('serve the clusterset zone for one cluster');
  dns.enablePositionalOptions();
  withCluster(dns)
    .addOption(
      new Option('--listen <address:port>', 'where questions are answered, by UDP and TCP')
        .argParser(parseIpAddress)
        .default({ host: '127.0.0.1', port: 5353 }, '127.0.0.1:5353'),
    )
    .addOption(new Option('--zone <domain>', 'the clusterset zone').argParser(parseZone).default('clusterset.local'))
    .addOption(
      new Option('--ttl <seconds>', 'how long clients may remember addresses')
        .argParser(wholeNumber(0, MAX_TTL))
        .default(5),
    )
    .addOption(
      new Option('--stale-after <duration>', 'how long to answer while the API server does not, or never')
        .argParser(parseStaleAfter)
        .default(86_400_000, '24h'),
    )
    .addOption(
      new Option('--rate-limit <count>', 'UDP answers a second for each client network; 0 limits nothing')
        .argParser(wholeNumber(0, 10_000_000))
        .default(20_000),
    )
    .addOption(
      new Option('--http <host:port>', 'where /healthz, /readyz and /metrics are served, or none')
        .argParser(parseOptionalAddress)
        .default({ host: '127.0.0.1', port: 9471 }, '127.0.0.1:9471'),
    )
    .option('--log-queries', 'log every question', false)
    .addOption(
      new Option('--log-level <level>', 'least level that is logged (CATAMARAN_LOG_LEVEL)').choices(LOG_LEVELS),
    )
    .addOption(new Option('--log-format <format>', 'json, or text for a terminal').choices(LOG_FORMATS).default('json'))
    .addHelpText('after', EXAMPLES)
    // Commander would say that there are too many arguments, since it may run without a subcommand.
    .allowExcessArguments()
    .action((options: DnsOptions, command: Command) => {
      const [unknown] = command.args;
      if (unknown === undefined) return serve(options, context);
      const known = command.commands.map((each) => each.name());
      const meant = nearest(unknown, known) ?? known.join(', ');
      return command.error(`unknown command '${unknown}'\n(Did you mean ${meant}?)`);
    });
  registerDnsCluster(dns, context);
};
