/** Generated names and UIDs. */
import type { Random } from '../machinery/runtime.ts';

/** No vowels or look-alikes, to avoid words and misreadings. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
/** Maximum length of a generated name. */
const LONGEST = 63;

/** A version 4 UUID (RFC 9562) from the given random source. */
export function newUid(random: Random): string {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${digits(8)}-${digits(4)}-4${digits(3)}-${variant}${digits(3)}-${digits(12)}`;
}

/** The name for a generateName. */
export function generatedName(prefix: string, random: Random): string {
  const letters = Array.from({ length: SUFFIX_LENGTH }, () => LETTERS.charAt(Math.floor(random() * LETTERS.length)));
  return `${prefix.slice(0, LONGEST - SUFFIX_LENGTH)}${letters.join('')}`;
}
