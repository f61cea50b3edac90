/** Values of options: what they may be, and what is said where they are something else. */
import { InvalidArgumentError } from 'commander';
import { labelsOf, parseName } from '../dns/wire/name.ts';
import { Zone } from '../dns/zone/zone.ts';
import { isHostLabel } from '../dns/zone/zone-objects.ts';

/** A whole number within bounds. */
export function wholeNumber(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${greatest}.`);
  };
}

/** Any text but none: a script's variable that is unset must not mean the default. */
export function given(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

/** A domain that a zone can be served as, in lower case and without a dot at the end. */
export function parseZone(text: string): string {
  try {
    const labels = labelsOf(parseName(text));
    const zone = labels.join('.');
    if (labels.length > 0 && labels.every(isHostLabel) && new Zone({ zone, ttl: 0 })) return zone;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('Write a domain of letters, digits and dashes, such as clusterset.local.');
}
