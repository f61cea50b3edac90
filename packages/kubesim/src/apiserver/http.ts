/** Requests to an API server and its answers, without sockets. */

/** A request. Names of headers are in lower case. */
export interface ApiRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  /** Aborts when nobody waits for the answer any more; ends a watch. */
  readonly signal?: AbortSignal;
}

/** An answer. A body that is not a string is that of a watch: one or more lines at a time. */
export interface ApiResponse {
  readonly status: number;
  /** Names in lower case; a header with several values stands for several headers. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | AsyncIterable<string>;
}
