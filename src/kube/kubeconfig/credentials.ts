/** Credentials for an API server, and their renewal. */
import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';

/** A client certificate and its key, in PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Both methods reject with CTM_CREDENTIALS if the credentials cannot be loaded. */
export interface Credentials {
  /** Headers of each request: `authorization`, or none. */
  headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** The certificate that new connections present, if any. */
  certificate(signal?: AbortSignal): Promise<ClientCertificate | undefined>;
  /**
   * Call this when the server responds with 401 to a request with these headers. The next request loads new
   * credentials, unless another request has already replaced these.
   */
  invalidate(headers?: Readonly<Record<string, string>>): void;
}

/** Address, server authentication and credentials of one API server. */
export interface ClusterAccess {
  /** Base URL without a trailing slash; it may have a path. */
  readonly server: string;
  readonly tls: {
    /** PEM. Default: the system's certificate authorities. */
    readonly ca?: string;
    /** Name in the server's certificate. Default: the host of the URL. */
    readonly serverName?: string;
    /** Skips verification of the server's certificate. Only honored in a user's own kubeconfig. */
    readonly insecure?: boolean;
  };
  readonly credentials: Credentials;
  /** Name of the kubeconfig's context. */
  readonly context?: string;
  /** Namespace of that context. */
  readonly namespace?: string;
  /** Origin for messages: a file and context, or a Secret. */
  readonly source: string;
}

/** The credentials of a kubeconfig user, with files read. */
export interface Identity {
  readonly token?: string;
  readonly certificate?: ClientCertificate;
}

/** Whether a text can be a bearer token: visible ASCII, as required in a header. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function authorization(identity: Identity): Readonly<Record<string, string>> {
  return identity.token === undefined ? {} : { authorization: `Bearer ${identity.token}` };
}

export function staticCredentials(identity: Identity): Credentials {
  return {
    headers: async () => authorization(identity),
    certificate: async () => identity.certificate,
    invalidate: () => {},
  };
}

/** `expiresAt` is in milliseconds since the epoch; absent: never. */
export interface Loaded {
  readonly identity: Identity;
  readonly expiresAt?: number;
}

/**
 * Credentials that are loaded on first use, when they expire and after a 401. Concurrent requests share one load. If a
 * load fails, expired credentials stay in use as long as the server accepts them; without any, the error is thrown, and
 * the next request tries again.
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

/** How often files are read again. Bound tokens are rotated well ahead of expiry. */
const FILE_REREAD_MS = 60_000;

/** A rotation of these files, by kubelet, cert-manager or a user, is picked up within a minute. */
export interface IdentityFiles {
  readonly tokenFile?: string;
  readonly token?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** If one half of the certificate is inline in the kubeconfig. */
  readonly cert?: string;
  readonly key?: string;
}

/** Credentials from files, which are read again after a minute and after a 401. */
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
      const problem = token === '' ? 'empty' : 'not a token: contains spaces or control characters';
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
