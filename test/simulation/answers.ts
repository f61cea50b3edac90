/** Injected responses, not sent by any API server. */
import type { TransportResponse } from '../../src/kube/client/transport.ts';
import { wholeBody } from '../support/memory-body.ts';

/** A failure in the form of an API server's. `retryAfter` is in seconds. */
export function statusAnswer(code: number, reason: string, message: string, retryAfter?: string): TransportResponse {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return {
    statusCode: code,
    headers: { 'content-type': 'application/json', ...(retryAfter !== undefined && { 'retry-after': retryAfter }) },
    body: wholeBody(JSON.stringify(body)),
  };
}
