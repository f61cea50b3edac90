/** The way from a client to one API server: over sockets (`sockets.ts`), or within one process. */

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request, and the body of its answer, with the signal's reason. */
  readonly signal: AbortSignal;
}

/** The body of an answer. It is read once, as it arrives or as a whole. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  text(): Promise<string>;
  /** Tells once that the body is over, however it came to its end. */
  once(event: 'close', listener: () => void): unknown;
}

/** An answer whose headers are there. */
export interface TransportResponse {
  readonly statusCode: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: ResponseBody;
}

/** Carries requests to one API server. */
export interface Transport {
  /** Sends one request; resolves when the headers of the answer are there. Watches must not wait for other requests. */
  send(use: 'requests' | 'watches', request: TransportRequest): Promise<TransportResponse>;
  /** Ends all connections, busy ones too. */
  close(): Promise<void>;
}
