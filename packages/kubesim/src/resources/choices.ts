/** Validation rules shared by several resources: enumerations, ports, protocols. */

import { type FieldError, invalidFor, notSupported, required } from '../machinery/field-error.ts';
import { portName, portNumber } from '../machinery/formats.ts';
import type { Json } from '../machinery/json.ts';
import { isUnset, numberOf } from '../machinery/read.ts';
import { PROTOCOLS } from '../machinery/well-known.ts';

const SUPPORTED_PROTOCOLS = PROTOCOLS.toSorted();

/** Errors of a required enumeration value. */
export function oneOf(path: string, value: Json | undefined, supported: readonly string[]): readonly FieldError[] {
  if (isUnset(value)) return [required(path)];
  return supported.some((one) => one === value) ? [] : [notSupported(path, value, supported)];
}

/** Errors of a port number or name. */
export function targetPortErrors(path: string, target: Json | undefined): readonly FieldError[] {
  return typeof target === 'string'
    ? invalidFor(path, target, portName(target))
    : invalidFor(path, numberOf(target), portNumber(numberOf(target)));
}

export function protocolErrors(path: string, protocol: Json | undefined): readonly FieldError[] {
  return oneOf(path, protocol, SUPPORTED_PROTOCOLS);
}
