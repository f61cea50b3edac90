/**
 * Names of derived objects, computed from the input, so that they are the same in every process and need not be stored.
 */
import type { AddressType } from '../api/endpoint-slice.ts';
import { digits } from './fingerprint.ts';

/** Maximum length of a Service name, which is a DNS label (RFC 1123, section 2.1). */
export const LABEL_LENGTH = 63;

const NAME_DIGITS = 10;
const SLICE_DIGITS = 16;

/** Whether a text is a single DNS label in lower case (RFC 1123), as member names and port names must be. */
export function isDnsLabel(text: string): boolean {
  return text.length <= LABEL_LENGTH && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/**
 * Name of the Service derived from a ServiceImport: `<prefix><name>`. A name that exceeds a DNS label is truncated and
 * ends with a hash of the whole name, so that long names with the same prefix differ.
 */
export function derivedServiceName(prefix: string, name: string): string {
  const whole = `${prefix}${name}`;
  if (whole.length <= LABEL_LENGTH) return whole;
  const head = whole.slice(0, LABEL_LENGTH - NAME_DIGITS - 1).replace(/-+$/, '');
  return `${head}-${digits(whole, NAME_DIGITS)}`;
}

/** Name of the part of a derived slice that only the clusterset zone reads. */
export function clustersetSliceName(derivedSlice: string): string {
  return `${derivedSlice}-clusterset`;
}

/**
 * Name of the EndpointSlice derived from one slice of a member: `<derived Service>-<hash>`. The hash includes the
 * address type, which is immutable, so a source slice that is recreated with another one needs another derived slice.
 */
export function derivedSliceName(
  derivedService: string,
  member: string,
  namespace: string,
  sourceSlice: string,
  addressType: AddressType,
): string {
  const source = JSON.stringify([member, namespace, sourceSlice, addressType]);
  return `${derivedService}-${digits(source, SLICE_DIGITS)}`;
}
