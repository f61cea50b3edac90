import { digest, readText } from './kubeconfig-environment.ts';

/** Reads files, and detects whether their content has changed since. */
export class ReadFiles {
  readonly #read: (path: string) => Promise<string>;
  /** Digests of the contents by path; absent for a file that could not be read. */
  readonly #seen = new Map<string, string | undefined>();

  constructor(read: (path: string) => Promise<string> = readText) {
    this.#read = read;
  }

  async read(path: string): Promise<string> {
    this.#seen.set(path, undefined);
    const text = await this.#read(path);
    this.#seen.set(path, digest(text));
    return text;
  }

  /** Whether the content of any file differs from the last time it was read. */
  async haveChanged(): Promise<boolean> {
    const current = await Promise.all(
      [...this.#seen].map(async ([path, seen]) => {
        const now = await this.#read(path).then(digest, () => undefined);
        return now === seen;
      }),
    );
    return current.includes(false);
  }
}
