/** Bound tokens of ServiceAccounts: their claims, and new ones. */
import { z } from 'zod';
import type { KubeClient } from '../kube/client/client.ts';
import { isToken } from '../kube/kubeconfig/credentials.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { SERVICE_ACCOUNTS } from './membership-resources.ts';

/** Times are in ms since the epoch. */
export interface TokenClaims {
  readonly namespace: string;
  readonly account: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const claimsSchema = z.object({ sub: z.string(), iat: z.number(), exp: z.number() });

/**
 * What a token says about itself; undefined if it is not one of a ServiceAccount that expires. It is not verified: only
 * the API server that issued it can do that.
 */
export function claimsOf(token: string): TokenClaims | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  const { data } = claimsSchema.safeParse(value);
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(data?.sub ?? '') ?? [];
  if (!data || namespace === undefined || account === undefined) return undefined;
  return { namespace, account, issuedAt: data.iat * 1_000, expiresAt: data.exp * 1_000 };
}

const responseSchema = z.object({
  status: z.object({ token: z.string(), expirationTimestamp: z.iso.datetime({ offset: true }) }),
});

/** The shortest lifetime that API servers grant, in ms. */
export const SHORTEST_LIFETIME_MS = 600_000;

/** Requests a token. The API server may grant less time than asked for. @throws ApiError, CTM_MEMBERSHIP */
export async function requestToken(
  client: KubeClient,
  { namespace, account }: Pick<TokenClaims, 'namespace' | 'account'>,
  lifetimeMs: number,
  signal?: AbortSignal,
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const expirationSeconds = Math.ceil(Math.max(lifetimeMs, SHORTEST_LIFETIME_MS) / 1_000);
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } };
  const within = { name: account, subresource: 'token' };
  const response = await client.create(SERVICE_ACCOUNTS, namespace, request, { within, ...(signal && { signal }) });
  const { data } = responseSchema.safeParse(response);
  if (!data || !isToken(data.status.token)) {
    throw new CatamaranError('CTM_MEMBERSHIP', `cluster ${client.cluster}: TokenRequest returned no token`);
  }
  const { token, expirationTimestamp } = data.status;
  return { token, expiresAt: Date.parse(expirationTimestamp) };
}
