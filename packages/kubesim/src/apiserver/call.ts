/** A request to the resource API, and its result. */
import type { JsonObject } from '../machinery/json.ts';
import type { ApiRequest } from './http.ts';
import type { Form } from './presentation.ts';
import type { Route } from './route.ts';
import type { WatchEvent } from './watcher.ts';

export interface Call {
  readonly request: ApiRequest;
  readonly query: URLSearchParams;
  readonly route: Route;
  readonly form: Form;
  /** Adds a warning to the response headers. */
  readonly warn: (message: string) => void;
}

/** Result of a verb: a value, or a stream of events. */
export type Result =
  | { readonly status: number; readonly value: JsonObject }
  | { readonly status: 200; readonly text: string | AsyncIterable<string> }
  | { readonly status: 200; readonly events: AsyncGenerator<readonly WatchEvent[], void, undefined> };
