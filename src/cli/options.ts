/** Options shared by several commands. */
import { Option } from 'commander';
import type { Address } from '../runtime/address.ts';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../runtime/log.ts';
import { parseOptionalAddress } from './listen-address.ts';
import { parseZone } from './values.ts';

export interface LogOptions {
  readonly logLevel?: LogLevel;
  readonly logFormat: LogFormat;
}

/** The default level comes from the environment, so the option has a description of the default but no value. */
export function logOptions(levelDefault = 'CATAMARAN_LOG_LEVEL or info'): readonly Option[] {
  return [
    new Option('--log-level <level>', 'minimum log level').choices(LOG_LEVELS).default(undefined, levelDefault),
    new Option('--log-format <format>', 'log format').choices(LOG_FORMATS).default('json'),
  ];
}

/** An option for the address of the HTTP server for probes and metrics. */
export function probesOption(flag: '--listen' | '--http', port: number): Option {
  const address: Address = { host: '127.0.0.1', port };
  return new Option(`${flag} <host:port>`, 'address for /healthz, /readyz and /metrics, or none')
    .argParser(parseOptionalAddress)
    .default(address, `${address.host}:${port}`);
}

export function zoneOption(): Option {
  return new Option('--zone <domain>', 'clusterset zone').argParser(parseZone).default('clusterset.local');
}
