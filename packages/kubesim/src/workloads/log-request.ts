/** `GET /pods/NAME/log`. Source: Kubernetes API reference, PodLogOptions. */

import type { SubresourceHandler } from '../apiserver/verbs.ts';
import { badRequest } from '../machinery/status.ts';
import type { PodLogOptions, PodLogs } from './logs.ts';

function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text === '1' || text === 'true' || text === 'True' || text === 'TRUE' || text === 't' || text === 'T';
}

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text)) throw badRequest(`${name} must be a non-negative number, not ${text}`);
  return Number(text);
}

export function podLogHandler(logs: PodLogs): SubresourceHandler {
  return ({ metadata }, query, signal) => {
    const [tailLines, sinceSeconds] = [count(query, 'tailLines'), count(query, 'sinceSeconds')];
    const sinceTime = query.get('sinceTime');
    const options: PodLogOptions = {
      follow: flag(query, 'follow'),
      timestamps: flag(query, 'timestamps'),
      previous: flag(query, 'previous'),
      ...(tailLines !== undefined && { tailLines }),
      ...(sinceSeconds !== undefined && { sinceSeconds }),
      ...(sinceTime !== null && { sinceTime }),
    };
    const container = query.get('container') ?? undefined;
    // Without a signal, following could never end.
    const end = signal ?? AbortSignal.abort();
    const asked = signal ? options : { ...options, follow: false };
    return logs.read(metadata.namespace ?? '', metadata.name, container, asked, end);
  };
}
