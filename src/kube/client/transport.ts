/** Transport between a client and one API server: over sockets (`sockets.ts`), or in-process. */

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path, including the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborts the request and the body of its response, with the signal's reason. */
  readonly signal: AbortSignal;
}

/** A response body, which can be read once: as a stream or, in tests, as a whole. */
export interface ResponseBody extends AsyncIterable<Uint8Array> {
  text(): Promise<string>;
  /** Emitted once when the body has ended, for any reason. */
  once(event: 'close', listener: () => void): unknown;
}

/** A response whose headers have arrived. */
export interface TransportResponse {
  readonly statusCode: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: ResponseBody;
}

/**
 * What a connection is used for. Neither watches nor `vital` requests, such as Lease renewals, wait for other requests.
 */
export type Use = 'requests' | 'watches' | 'vital';

/** An open WebSocket with binary messages. */
export interface WebSocketStream {
  send(message: Buffer): void;
  onMessage(listener: (message: Buffer) => void): void;
  onClose(listener: (reason: string) => void): void;
  close(): void;
}

export interface Transport {
  /** Resolves when the response headers have arrived. */
  send(use: Use, request: TransportRequest): Promise<TransportResponse>;
  /** Resolves once the server has accepted the WebSocket. Absent if the transport has none. */
  readonly openWebSocket?: (
    request: Pick<TransportRequest, 'path' | 'headers' | 'signal'>,
    protocol: string,
  ) => Promise<WebSocketStream>;
  /** Closes all connections, busy ones included. */
  close(): Promise<void>;
}
