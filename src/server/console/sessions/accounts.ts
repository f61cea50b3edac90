/** Who uses the console, and what they may see and change. */

import type { Login } from '../api-types.ts';
import type { Scope } from '../scope.ts';

/** A change, as in RBAC. */
export interface Deed {
  readonly verb: 'create' | 'delete';
  readonly resource: 'serviceexports' | 'serviceimports';
  readonly namespace: string;
}

export interface Account {
  /** Absent for the local user, whose own credentials the console uses. */
  readonly user?: string;
  readonly scope: Scope;
  /** Makes sure that the scope has a recent answer for the namespaces. */
  review(namespaces: Iterable<string>): Promise<void>;
  may(deed: Deed): Promise<boolean>;
}

/** How users sign in. */
export interface Accounts {
  readonly login: Login;
  /** Accepts each code once. Absent: there are no codes. */
  redeem?(code: string): Account | undefined;
  /** The user of a bearer token; undefined if it is not valid, or no longer. Absent: there are no tokens. */
  authenticate?(token: string): Promise<Account | undefined>;
}
