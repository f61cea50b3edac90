/** Sign-in by a bearer token of the cluster that the console runs in. */
import type { KubeClient } from '../../../kube/client/client.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Accounts } from './accounts.ts';
import { ReviewedAccount } from './reviewed-account.ts';
import { isAllowed, userOf } from './reviews.ts';

/** Users whose answers are remembered. */
const MOST_USERS = 500;
/** Tokens of service accounts and of OIDC have a few kilobytes. */
const MOST_TOKEN = 16 * 1024;

/** `client`: of the cluster that knows the users. */
export function bearerTokens(client: KubeClient, clock: Clock): Accounts {
  const accounts = new Map<string, ReviewedAccount>();
  return {
    login: 'token',
    authenticate: async (token) => {
      if (!/^[\x21-\x7e]+$/.test(token) || token.length > MOST_TOKEN) return undefined;
      const user = await userOf(client, token);
      if (!user) return undefined;
      // Another group is another account.
      const id = JSON.stringify([user.username, user.uid, user.groups?.toSorted(), user.extra]);
      const known = accounts.get(id);
      const account =
        known ??
        new ReviewedAccount({ user: user.username, ask: (question) => isAllowed(client, user, question), clock });
      accounts.delete(id);
      accounts.set(id, account);
      const [oldest] = accounts.keys();
      if (oldest !== undefined && accounts.size > MOST_USERS) accounts.delete(oldest);
      return account;
    },
  };
}
