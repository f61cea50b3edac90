/**
 * Paged lists with a consistent snapshot. Source: Kubernetes documentation, "API concepts", "Retrieving large results
 * sets in chunks".
 */
import { isObject, parseJson } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { badRequest, StatusError } from '../machinery/status.ts';
import type { Collection } from './collection.ts';
import { keyText } from './collection.ts';
import type { ListOptions } from './options.ts';
import { selection } from './selection.ts';
import { type ClusterState, collectionOf, storedIn } from './state.ts';
import type { Target } from './target.ts';
import { tooLargeVersion, versionNumber } from './versions.ts';

/** A page of stored objects. */
export interface Page {
  readonly items: readonly StoredObject[];
  readonly resourceVersion: string;
  /** Continue token; absent on the last page. */
  readonly continue?: string;
  /** Number of remaining objects; absent if there is a selector. */
  readonly remaining?: number;
}

/** Start of a page. */
interface Start {
  /** The version of the snapshot; negative for the latest version (inconsistent continuation). */
  readonly version: number;
  /** Last key of the previous page. */
  readonly after: string;
}

const TOKEN_VERSION = 'meta.k8s.io/v1';

function token({ version, after }: Start): string {
  const text = JSON.stringify({ v: TOKEN_VERSION, rv: version, start: `${after}\0` });
  return Buffer.from(text).toString('base64url');
}

function start(text: string): Start {
  try {
    const value = parseJson(Buffer.from(text, 'base64url').toString());
    if (isObject(value) && typeof value.rv === 'number' && typeof value.start === 'string')
      return { version: value.rv, after: value.start.replace(/\0$/, '') };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const first = Buffer.from(text, 'base64url').toString().charAt(0);
  throw badRequest(
    `invalid continue token: continue key is not valid: invalid character '${first}' looking for beginning of value`,
  );
}

/** 410 for a page of a compacted version, with a token for inconsistent continuation. */
function tooOld(after: string): StatusError {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
    'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
    'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
    'deleted between the time the first chunk was returned and now may show up in the list.';
  return new ContinueExpired(message, token({ version: -1, after }));
}

/** 410 with a continue token in its metadata. */
class ContinueExpired extends StatusError {
  readonly #token: string;

  constructor(message: string, next: string) {
    super(410, 'Expired', message);
    this.#token = next;
  }

  override toJSON() {
    return { ...super.toJSON(), metadata: { continue: this.#token } };
  }
}

/** Snapshot for a list: its version, and sorted objects by key. */
function snapshot(
  collection: Collection,
  current: number,
  target: Target,
  options: ListOptions,
  from: Start | undefined,
) {
  const { namespace } = target;
  const exactly = (version: number, fail: () => StatusError) => {
    if (version > current) throw tooLargeVersion(version, current);
    const objects = collection.at(version, namespace);
    if (!objects) throw fail();
    return { version, objects: [...objects.values()] };
  };
  if (from && from.version >= 0) return exactly(from.version, () => tooOld(from.after));
  const asked = versionNumber(options.resourceVersion, (problem) => badRequest(`invalid resource version: ${problem}`));
  const exact =
    options.resourceVersionMatch === 'Exact' ||
    (options.resourceVersionMatch === '' && options.limit > 0 && asked !== undefined && asked > 0);
  if (exact && asked !== undefined) {
    const words = 'The resourceVersion for the provided list is too old.';
    return exactly(asked, () => new StatusError(410, 'Expired', words));
  }
  if (asked !== undefined && asked > current) throw tooLargeVersion(asked, current);
  return { version: current, objects: collection.list(namespace) };
}

/**
 * Lists stored objects.
 *
 * @throws StatusError 400, 410, 504
 */
export function listPage(state: ClusterState, target: Target, options: ListOptions): Page {
  const definition = storedIn(state, target.definition);
  const chosen = selection(target, definition, options);
  if (options.continue !== '' && options.resourceVersion !== '' && options.resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  const from = options.continue === '' ? undefined : start(options.continue);
  const collection = collectionOf(state, target.definition);
  const { version, objects } = snapshot(collection, state.store.version, target, options, from);
  // kube-apiserver ignores the limit for lists from its watch cache.
  const limit = options.resourceVersion === '0' && !from ? 0 : options.limit;
  const items: StoredObject[] = [];
  for (const [index, object] of objects.entries()) {
    if (from && keyText(object.metadata) <= from.after) continue;
    const last = items.at(-1);
    if (limit > 0 && items.length === limit && last) {
      // With a selector, the remaining objects are not counted.
      const rest = objects.length - index;
      if (chosen.selective && !objects.slice(index).some((one) => chosen.matches(one))) break;
      return {
        items,
        resourceVersion: `${version}`,
        continue: token({ version, after: keyText(last.metadata) }),
        ...(!chosen.selective && { remaining: rest }),
      };
    }
    if (chosen.matches(object)) items.push(object);
  }
  return { items, resourceVersion: `${version}` };
}
