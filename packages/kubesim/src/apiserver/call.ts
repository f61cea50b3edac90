/** A request to the resource API, and what it comes to. */
import type { JsonObject } from '../machinery/json.ts';
import type { ApiRequest } from './http.ts';
import type { Form } from './presentation.ts';
import type { Route } from './route.ts';
import type { WatchEvent } from './watcher.ts';

/** A request that has been routed. */
export interface Call {
  readonly request: ApiRequest;
  readonly query: URLSearchParams;
  readonly route: Route;
  readonly form: Form;
  /** Where warnings go that the answer carries in its headers. */
  readonly warn: (message: string) => void;
}

/** What a verb gives: a value, or events. */
export type Result =
  | { readonly status: number; readonly value: JsonObject }
  | { readonly status: 200; readonly text: string | AsyncIterable<string> }
  | { readonly status: 200; readonly events: AsyncGenerator<readonly WatchEvent[], void, undefined> };
