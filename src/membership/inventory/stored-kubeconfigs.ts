/** Kubeconfigs that inventories have in memory, and why some cannot be used. */
import { CatamaranError } from '../../runtime/errors.ts';

export interface StoredKubeconfigs {
  /** @throws CTM_MEMBER_SECRET if the object of that name is gone or cannot be used. */
  read(source: string): string;
  text(source: string): string | undefined;
}

/** Kubeconfigs and problems by source. */
export class KubeconfigStore implements StoredKubeconfigs {
  #texts: ReadonlyMap<string, string> = new Map();
  #problems: ReadonlyMap<string, string> = new Map();

  replace(texts: ReadonlyMap<string, string>, problems: ReadonlyMap<string, string>): void {
    this.#texts = texts;
    this.#problems = problems;
  }

  text(source: string): string | undefined {
    return this.#texts.get(source);
  }

  read(source: string): string {
    const text = this.#texts.get(source);
    if (text !== undefined) return text;
    const problem = this.#problems.get(source) ?? 'not found';
    throw new CatamaranError('CTM_MEMBER_SECRET', `${source}: ${problem}`);
  }
}
