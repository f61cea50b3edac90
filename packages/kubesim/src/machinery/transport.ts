/** Transport of requests to one API server. */

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborts the request and its response body with the signal's reason. */
  readonly signal: AbortSignal;
}

/** A response body. It can be read once, as a stream or as a whole. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  text(): Promise<string>;
  /** Emitted once when the body ends, for any reason. */
  once(event: 'close', listener: () => void): unknown;
}

/** A response whose headers have arrived. */
export interface TransportResponse {
  readonly statusCode: number;
  /** Keyed by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: ResponseBody;
}

export interface Transport {
  /** Sends one request; resolves when the response headers arrive. Watches must not wait for other requests. */
  send(use: 'requests' | 'watches', request: TransportRequest): Promise<TransportResponse>;
  /** Closes all connections, including active ones. */
  close(): Promise<void>;
}
