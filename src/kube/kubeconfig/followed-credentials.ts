import type { ClusterAccess, Credentials, Identity } from './credentials.ts';
import { digest } from './kubeconfig-environment.ts';

/**
 * Credentials of a kubeconfig that this process holds as a text, which may change at any time: a renewed token is used
 * from the next request on, without another connection. A text that is not valid changes nothing.
 */
class FollowedCredentials implements Credentials {
  readonly #text: () => string | undefined;
  readonly #load: () => Promise<ClusterAccess>;
  #seen: string | undefined;
  #access: ClusterAccess;

  constructor(access: ClusterAccess, text: () => string | undefined, load: () => Promise<ClusterAccess>) {
    this.#access = access;
    this.#text = text;
    this.#load = load;
    this.#seen = text();
  }

  async headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    await this.#follow();
    return this.#access.credentials.headers(signal);
  }

  async certificate(signal?: AbortSignal): Promise<Identity['certificate']> {
    await this.#follow();
    return this.#access.credentials.certificate(signal);
  }

  invalidate(headers?: Readonly<Record<string, string>>): void {
    this.#access.credentials.invalidate(headers);
  }

  async #follow(): Promise<void> {
    const text = this.#text();
    if (text === this.#seen) return;
    this.#seen = text;
    try {
      this.#access = await this.#load();
    } catch {
      // The inventory reports it.
    }
  }
}

/** The access of a kubeconfig that is held as a text; its revision is that of the server, not of the credentials. */
export async function followedAccess(
  text: () => string | undefined,
  load: () => Promise<ClusterAccess>,
): Promise<ClusterAccess> {
  const loaded = await load();
  return {
    ...loaded,
    credentials: new FollowedCredentials(loaded, text, load),
    revision: serverRevision(loaded),
  };
}

/** Changes with the server and how it is verified. */
export function serverRevision({ server, tls }: ClusterAccess): string {
  return digest([server, tls.ca ?? null, tls.serverName ?? null]);
}
