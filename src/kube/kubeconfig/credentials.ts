/** Credentials for an API server, and their renewal. */
import type { Trust } from './untrusted.ts';

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
  /** Who chose the server. Default: the user, who may choose this machine, too. */
  readonly trust?: Trust;
  /** Changes with the entries of the kubeconfig and with the CA. A digest, without secrets. */
  readonly revision?: string;
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

/** The headers of a request with this identity. */
export function authorization(identity: Identity): Readonly<Record<string, string>> {
  return identity.token === undefined ? {} : { authorization: `Bearer ${identity.token}` };
}

export function staticCredentials(identity: Identity): Credentials {
  return {
    headers: async () => authorization(identity),
    certificate: async () => identity.certificate,
    invalidate: () => {},
  };
}

/** Rejects with the reason of the signal if it aborts first; the work continues for other requests that wait for it. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
