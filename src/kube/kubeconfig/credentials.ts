/** What opens an API server's door, and how it is kept fresh. */

import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';

/** A client certificate and its key, PEM. Compared by content where a connection must be opened anew. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** How we say who we are. Both methods reject with CTM_CREDENTIALS where that cannot be found out. */
export interface Credentials {
  /** Headers that each request carries: `authorization`, or nothing. */
  headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** The certificate that new connections present, if any. */
  certificate(signal?: AbortSignal): Promise<ClientCertificate | undefined>;
  /**
   * The server said 401 to a request with these headers: they are not to be used again. Without headers, or where they
   * are the ones in use, the next request loads new ones; where another request has already done so, nothing happens.
   */
  invalidate(headers?: Readonly<Record<string, string>>): void;
}

/** One API server: where it is, how to know it, and who we are to it. */
export interface ClusterAccess {
  /** Base URL without a trailing slash; it may have a path. */
  readonly server: string;
  readonly tls: {
    /** PEM; the system's own authorities where absent. */
    readonly ca?: string;
    /** Name that the server's certificate must have, where it is not the host of the URL. */
    readonly serverName?: string;
    /** No check of the server's certificate. Only ever from a user's own kubeconfig. */
    readonly insecure?: boolean;
  };
  readonly credentials: Credentials;
  /** Name of the kubeconfig's context. */
  readonly context?: string;
  /** Namespace of that context. */
  readonly namespace?: string;
  /** Where this came from, for messages: a file and context, a Secret. */
  readonly source: string;
}

/** What a kubeconfig says about a user, once it has been read. */
export interface Identity {
  readonly token?: string;
  readonly certificate?: ClientCertificate;
}

/** Whether a text can be a bearer token: visible ASCII, as a header needs. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function authorization(identity: Identity): Readonly<Record<string, string>> {
  return identity.token === undefined ? {} : { authorization: `Bearer ${identity.token}` };
}

/** Credentials that never change. */
export function staticCredentials(identity: Identity): Credentials {
  return {
    headers: async () => authorization(identity),
    certificate: async () => identity.certificate,
    invalidate: () => {},
  };
}

/** An identity and how long it may be used, in milliseconds since the epoch; for ever where absent. */
export interface Loaded {
  readonly identity: Identity;
  readonly expiresAt?: number;
}

/**
 * Credentials that are loaded when first needed, again when they expire and after a 401. Concurrent requests share one
 * load. Where a load fails, what has expired is used on as long as the server takes it; without that the load's error
 * is thrown, and the next request tries again.
 */
export function loadedCredentials(load: () => Promise<Loaded>, clock: Clock): Credentials {
  let current: Loaded | undefined;
  let loading: Promise<Loaded> | undefined;
  const usable = async (): Promise<Identity> => {
    if (current && (current.expiresAt === undefined || clock.now() < current.expiresAt)) return current.identity;
    loading ??= load().finally(() => {
      loading = undefined;
    });
    try {
      current = await loading;
    } catch (error) {
      if (!current) throw error;
    }
    return current.identity;
  };
  const waited = (signal?: AbortSignal) => (signal ? raceAbort(usable(), signal) : usable());
  return {
    headers: async (signal) => authorization(await waited(signal)),
    certificate: async (signal) => (await waited(signal)).certificate,
    invalidate: (headers) => {
      const used = headers?.authorization;
      if (current && (used === undefined || used === authorization(current.identity).authorization))
        current = undefined;
    },
  };
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** How long the content of a file is used before it is read again. Bound tokens are rotated well ahead of expiry. */
const FILE_REREAD_MS = 60_000;

/** Files that hold an identity; a rotation by kubelet, cert-manager or a person is picked up within a minute. */
export interface IdentityFiles {
  readonly tokenFile?: string;
  readonly token?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Where one half of the certificate is in the kubeconfig itself. */
  readonly cert?: string;
  readonly key?: string;
}

/** Credentials read from files, again at least once a minute and after a 401. */
export function fileCredentials(
  files: IdentityFiles,
  readFile: (path: string) => Promise<string>,
  clock: Clock,
): Credentials {
  const read = async (path: string): Promise<string> => {
    try {
      return await readFile(path);
    } catch (cause) {
      const message = messageOf(cause);
      throw new CatamaranError('CTM_CREDENTIALS', `${path}: cannot be read: ${message}`, { cause });
    }
  };
  return loadedCredentials(async () => {
    const [token, cert, key] = await Promise.all([
      files.tokenFile === undefined ? files.token : read(files.tokenFile).then((text) => text.trim()),
      files.certFile === undefined ? files.cert : read(files.certFile),
      files.keyFile === undefined ? files.key : read(files.keyFile),
    ]);
    if (files.tokenFile !== undefined && !isToken(token ?? '')) {
      const problem = token === '' ? 'empty' : 'not a token: it holds spaces or control characters';
      throw new CatamaranError('CTM_CREDENTIALS', `${files.tokenFile}: ${problem}`);
    }
    return {
      identity: {
        ...(token !== undefined && { token }),
        ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
      },
      expiresAt: clock.now() + FILE_REREAD_MS,
    };
  }, clock);
}
