/** What every request has to pass: the host, the origin, the session and the token against forgery. */
import { isIP } from 'node:net';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { RequestProblem, refused } from '../problem.ts';
import { type OpenSession, type SessionStore, sameText } from '../sessions/session-store.ts';

export interface ConsoleEnv {
  readonly Variables: { readonly session: OpenSession };
}

/** Bytes of a body. A token has a few thousand. */
const MOST_BODY = 32 * 1024;

/**
 * No script, style or font but the page's own files; no frames, so that no other page can lead a user to click.
 *
 * Source: W3C, "Content Security Policy Level 3".
 */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Sets the headers of every response, of errors too. */
export function secured(response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}

/** The name in a Host header, without its port; undefined if it is malformed. */
function hostOf(header: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i
    .exec(header ?? '')?.[1]
    ?.toLowerCase()
    .replace(/[[\]]/g, '');
}

/**
 * A page of another site may have its name resolved to this address, and would then count as the same origin. An IP
 * address cannot be resolved to another.
 */
export function isAllowedHost(header: string | undefined, hosts: readonly string[]): boolean {
  const host = hostOf(header);
  if (host === undefined) return false;
  return isIP(host) !== 0 || host === 'localhost' || hosts.some((each) => each.toLowerCase() === host);
}

export function hostGuard(hosts: readonly string[]): MiddlewareHandler {
  return async (context, next) => {
    if (!isAllowedHost(context.req.header('host'), hosts)) {
      throw refused('the Host header names a host that this console does not serve; see --console-host');
    }
    await next();
  };
}

/** Browsers send where a request comes from. A proxy in front may send another Host than the browser did. */
export function originGuard(hosts: readonly string[]): MiddlewareHandler {
  return async (context, next) => {
    const site = context.req.header('sec-fetch-site');
    const text = context.req.header('origin');
    const origin = text === undefined ? undefined : URL.parse(text);
    const isOwn = origin?.host === context.req.header('host') || hosts.some((each) => each === origin?.hostname);
    if ((site !== undefined && site !== 'same-origin' && site !== 'none') || (text !== undefined && !isOwn)) {
      throw refused('the request comes from a page of another origin');
    }
    await next();
  };
}

export function cookieName(context: Context): string {
  // Cookies are shared by all ports of a host.
  const port = /:(\d+)$/.exec(context.req.header('host') ?? '')?.[1] ?? '0';
  return `catamaran-console-${port}`;
}

function bearerOf(header: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

export function sessionGuard(store: SessionStore): MiddlewareHandler<ConsoleEnv> {
  return async (context, next) => {
    const bearer = bearerOf(context.req.header('authorization'));
    const id = getCookie(context, cookieName(context));
    const session = bearer === undefined ? id !== undefined && (await store.ofCookie(id)) : await store.ofToken(bearer);
    if (!session) {
      throw new RequestProblem(401, 'CTM_CONSOLE_SESSION', 'session not found; sign in, or sign in again');
    }
    context.set('session', session);
    await next();
  };
}

/** A page of another site can make a browser send a request, but not this header. */
export const forgeryGuard: MiddlewareHandler<ConsoleEnv> = async (context, next) => {
  const given = context.req.header('x-catamaran-csrf');
  if (given === undefined || !sameText(given, context.get('session').csrf)) {
    throw refused('the header x-catamaran-csrf is missing or is not that of the session');
  }
  await next();
};

/** The body as JSON, within its limit. */
export async function jsonBody({ req }: Context): Promise<unknown> {
  if (!/^application\/json(;|$)/i.test(req.header('content-type') ?? '')) {
    throw new RequestProblem(415, 'CTM_CONSOLE_INPUT', 'content-type: allowed: application/json');
  }
  const reader = req.raw.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    length += chunk.value.byteLength;
    if (length > MOST_BODY) {
      await reader?.cancel();
      throw new RequestProblem(413, 'CTM_CONSOLE_INPUT', `the body is larger than ${MOST_BODY} bytes`);
    }
    chunks.push(chunk.value);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new RequestProblem(400, 'CTM_CONSOLE_INPUT', 'the body is not JSON');
  }
}
