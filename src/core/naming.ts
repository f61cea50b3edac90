/** Names of derived objects: computed from the input, the same in every process, so that no list of them is stored. */
import type { AddressType } from '../api/endpoint-slice.ts';
import { digits } from './fingerprint.ts';

/** Longest name of a Service: a DNS label (RFC 1123, section 2.1). */
export const LABEL_LENGTH = 63;

const NAME_DIGITS = 10;
const SLICE_DIGITS = 16;

/** Whether a text is a single DNS label in lower case (RFC 1123), as member names and port names must be. */
export function isDnsLabel(text: string): boolean {
  return text.length <= LABEL_LENGTH && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/**
 * Name of the Service derived from a ServiceImport: `<prefix><name>`. A name that does not fit a DNS label is shortened
 * and ends in a hash of the whole name, so that two long names with the same start differ.
 */
export function derivedServiceName(prefix: string, name: string): string {
  const whole = `${prefix}${name}`;
  if (whole.length <= LABEL_LENGTH) return whole;
  const head = whole.slice(0, LABEL_LENGTH - NAME_DIGITS - 1).replace(/-+$/, '');
  return `${head}-${digits(whole, NAME_DIGITS)}`;
}

/**
 * Name of the EndpointSlice derived from one slice of a member: `<derived Service>-<hash>`. The address type is hashed
 * too: it is immutable, so a source slice that is created again with another one needs another derived slice.
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
