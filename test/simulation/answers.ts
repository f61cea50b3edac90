/** Answers that no API server of ours gave. */
import type { TransportResponse } from '../../src/kube/client/transport.ts';
import { wholeBody } from '../support/memory-body.ts';

/** A failure as API servers tell of it. `retryAfter` is in seconds. */
export function statusAnswer(code: number, reason: string, message: string, retryAfter?: string): TransportResponse {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return {
    statusCode: code,
    headers: { 'content-type': 'application/json', ...(retryAfter !== undefined && { 'retry-after': retryAfter }) },
    body: wholeBody(JSON.stringify(body)),
  };
}
