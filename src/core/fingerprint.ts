/** Equality and fingerprints of plain data. */
import { hash } from 'node:crypto';

/** 128 bits of SHA-256 over the JSON text, so the order of fields is significant. */
export function fingerprint(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'base64url').slice(0, 22);
}

/** Lower-case hexadecimal digits of the SHA-256 of a text, for use in object names. */
export function digits(text: string, length: number): string {
  return hash('sha256', text, 'hex').slice(0, length);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Deep equality of plain data. An undefined field equals an absent one; the order of fields is ignored. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false;
  return (
    Object.keys(a).every((key) => equal(a[key], b[key])) &&
    Object.keys(b).every((key) => a[key] !== undefined || b[key] === undefined)
  );
}
