/** Requests to an API server and its responses, independent of sockets. */

/** A request. Header names are in lower case. */
export interface ApiRequest {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  /** Aborts when the client is gone; ends a watch. */
  readonly signal?: AbortSignal;
}

/** A response. A body that is not a string is a watch stream, in chunks of one or more lines. */
export interface ApiResponse {
  readonly status: number;
  /** Names in lower case; an array stands for repeated headers. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | AsyncIterable<string>;
}
