/** The program's log: pino on stderr, as one JSON object per line or as text. */
import { type DestinationStream, pino } from 'pino';
import { errorFields } from './error-fields.ts';
import type { Logger } from './logger.ts';
import { REDACTED, redacted } from './redact.ts';
import { visible, visibleJson } from './visible.ts';

/** In order of severity. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `json` is the default; `text` is for a terminal. */
export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly colors: boolean;
  /** Default: stderr. */
  readonly destination?: DestinationStream;
}

/** Fields whose values are never logged, at up to three levels. */
const SECRET_FIELDS = ['token', 'authorization', 'Authorization', 'password', 'clientKey', 'clientKeyData'];

const COLORS: Readonly<Record<string, number>> = { debug: 90, info: 36, warn: 33, error: 31 };

/** `12:00:00.000 INFO  message field=value`. */
function textLine(line: string, colors: boolean): string {
  const { level, time, msg, ...fields }: { level: string; time: string; msg?: string } = JSON.parse(line);
  const title = level.toUpperCase().padEnd(5);
  const colored = colors ? `\u001b[${COLORS[level] ?? 0}m${title}\u001b[0m` : title;
  const rest = Object.entries(fields).map(([name, value]) => ` ${visible(name)}=${fieldText(value)}`);
  return `${time.slice('YYYY-MM-DDT'.length, -1)} ${colored} ${visible(msg ?? '')}${rest.join('')}\n`;
}

function fieldText(value: unknown): string {
  const bare = typeof value === 'string' && /^[^\s"=]+$/.test(value);
  return bare ? visible(value) : visibleJson(JSON.stringify(value));
}

/** A logger whose bound fields are replaced by those of a line with the same names, where pino would write both. */
function bound(log: pino.Logger, fields: object): Logger {
  const at = (level: LogLevel) => (more: object, message: string) => {
    if (log.isLevelEnabled(level)) log[level]({ ...fields, ...more }, message);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => bound(log, { ...fields, ...more }),
  };
}

/** Writes synchronously, so that the last line before an exit is not lost. */
export function createLog({ level, format, colors, destination }: LogOptions): Logger {
  const errors = (error: unknown) => errorFields(error, level === 'debug');
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errors, error: errors },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: REDACTED },
      hooks: {
        streamWrite: (line) => {
          const safe = redacted(line);
          return format === 'text' ? textLine(safe, colors) : visibleJson(safe);
        },
      },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
  return bound(log, {});
}
