/** What is known of the sources. Unknown is not empty: what a silent member may have shaped stays as it is. */
import { type Exports, exportsOf } from './exports.ts';
import { type Merged, merge } from './merge.ts';
import type { ServiceView } from './view.ts';

/** What the sources say together, and how far it can be relied on. */
export interface Knowledge {
  readonly exports: Exports;
  /** The merge of what is known; undefined where no known member exports. */
  readonly merged: Merged | undefined;
  /** Members that took part when somebody last looked, and of which nothing is known now. */
  readonly unknown: readonly string[];
  /** Whether merged fields stay as they are observed, because some of {@link unknown} may have shaped them. */
  readonly frozen: boolean;
}

/** Takes stock of a view. */
export function survey(view: ServiceView): Knowledge {
  const exports = exportsOf(view.sources);
  const unknown = view.sources
    .filter((source) => !source.known && view.lastSources.includes(source.member))
    .map(({ member }) => member)
    .toSorted();
  return { exports, merged: merge(exports.valid), unknown, frozen: unknown.length > 0 };
}
