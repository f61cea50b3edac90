import type { ClusterAccess, Credentials, Identity } from './credentials.ts';

/**
 * Credentials of a kubeconfig that is read again when the server rejects them, since its owner may have renewed them.
 * As long as the kubeconfig is the same, its credentials are, too, so that an exec plugin is not run for each rejection.
 */
export class RenewedCredentials implements Credentials {
  readonly #read: () => Promise<ClusterAccess>;
  #access: ClusterAccess;
  #reading: Promise<void> | undefined;

  constructor(access: ClusterAccess, read: () => Promise<ClusterAccess>) {
    this.#access = access;
    this.#read = read;
  }

  async headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    await this.#reading;
    return this.#access.credentials.headers(signal);
  }

  async certificate(signal?: AbortSignal): Promise<Identity['certificate']> {
    await this.#reading;
    return this.#access.credentials.certificate(signal);
  }

  invalidate(headers?: Readonly<Record<string, string>>): void {
    this.#access.credentials.invalidate(headers);
    this.#reading ??= this.#renew().finally(() => {
      this.#reading = undefined;
    });
  }

  async #renew(): Promise<void> {
    try {
      const access = await this.#read();
      if (access.revision === undefined || access.revision !== this.#access.revision) this.#access = access;
    } catch {
      // A half-written file may be invalid: the old credentials stay until it is readable.
    }
  }
}
