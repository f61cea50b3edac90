/**
 * Parsers of option values. Each throws InvalidArgumentError with the allowed values; Commander adds option and value.
 */
import { InvalidArgumentError } from 'commander';
import { type ServiceKey, serviceKey } from '../api/meta.ts';
import { parseDuration } from '../config/duration.ts';
import { isDnsLabel } from '../core/naming.ts';
import { labelsOf, parseName } from '../dns/wire/name.ts';
import { Zone } from '../dns/zone/zone.ts';
import { isHostLabel } from '../dns/zone/zone-objects.ts';

export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Allowed: whole numbers from ${minimum} to ${maximum}.`);
  };
}

/** Rejects an empty value, such as an unset variable in a script, which must not select the default. */
export function nonEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Allowed: any non-empty value.');
}

/** A valid domain for a zone, in lower case and without a trailing dot. */
export function parseZone(text: string): string {
  try {
    const labels = labelsOf(parseName(text));
    const zone = labels.join('.');
    if (labels.length > 0 && labels.every(isHostLabel) && new Zone({ zone, ttl: 0 })) return zone;
  } catch {
    // The error below covers it.
  }
  throw new InvalidArgumentError('Allowed: domains of letters, digits and dashes, such as clusterset.local.');
}

/** `NAMESPACE/NAME`. */
export function parseObjectName(text: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = '', ...rest] = text.split('/');
  if (isHostLabel(namespace) && name.split('.').every(isHostLabel) && rest.length === 0) return { namespace, name };
  throw new InvalidArgumentError('Allowed: NAMESPACE/NAME, such as kube-system/coredns.');
}

/** `NAMESPACE/SERVICE`. */
export function parseServiceKey(text: string): ServiceKey {
  const [namespace = '', name = '', ...rest] = text.split('/');
  if (isDnsLabel(namespace) && isDnsLabel(name) && rest.length === 0) return serviceKey(namespace, name);
  throw new InvalidArgumentError('Allowed: NAMESPACE/SERVICE, such as provider-ns/service1.');
}

/** In milliseconds; infinite for `never`. */
export function parseDurationOrNever(text: string): number {
  if (text === 'never') return Number.POSITIVE_INFINITY;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('Allowed: durations such as 90s, 30m and 24h, or never.');
}

/** One day. */
export const MAX_SECONDS = 86_400;

/** Converts a time limit in seconds to milliseconds. */
export function parseSeconds(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1000) : parseDuration(text);
  if (ms !== undefined && ms > 0 && ms <= MAX_SECONDS * 1000) return ms;
  throw new InvalidArgumentError(`Allowed: seconds above 0, such as 5 or 0.5, up to ${MAX_SECONDS}.`);
}

/** As {@link parseSeconds}, or 0. */
export function parseWait(text: string): number {
  return /^0+(\.0+)?s?$/.test(text) ? 0 : parseSeconds(text);
}
