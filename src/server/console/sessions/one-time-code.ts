/** Sign-in of the local user, by an address that works once. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { EVERYTHING } from '../scope.ts';
import type { Account, Accounts } from './accounts.ts';

/** Codes that were not used yet; the oldest is dropped. */
const MOST_CODES = 8;

/** The user who started the program: the API servers decide what they may do. */
const LOCAL: Account = { scope: EVERYTHING, review: async () => {}, may: async () => true };

export interface OneTimeCodes extends Accounts {
  /** A new code of 192 random bits. */
  issue(): string;
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export function oneTimeCodes(): OneTimeCodes {
  let codes: readonly string[] = [];
  return {
    login: 'code',
    issue: () => {
      const code = randomBytes(24).toString('base64url');
      codes = [...codes, code].slice(-MOST_CODES);
      return code;
    },
    redeem: (given) => {
      const left = codes.filter((code) => !same(code, given));
      if (left.length === codes.length) return undefined;
      codes = left;
      return LOCAL;
    },
  };
}
