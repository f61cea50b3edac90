/** Writes that the API server of one cluster refuses: quotas, admission webhooks and validation. */
import type { TransportResponse } from '../../src/kube/client/transport.ts';
import { statusAnswer } from './answers.ts';
import type { Dice } from './dice.ts';
import type { RequestTarget } from './request-path.ts';

const SLICES = 'discovery.k8s.io/endpointslices';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const EXPORTS = 'multicluster.x-k8s.io/serviceexports';

/**
 * `quota`: no more objects of a resource. `webhook`: no write of a resource with a text in its path or body. `broken`:
 * the same, because the webhook does not respond. `validation`: no write of a resource with a text in its body.
 */
export interface Refused {
  readonly kind: 'quota' | 'webhook' | 'broken' | 'validation';
  readonly resource: string;
  readonly text?: string;
}

const ANSWERS: Readonly<Record<Refused['kind'], TransportFactory>> = {
  quota: () => statusAnswer(403, 'Forbidden', 'exceeded quota: objects, requested: 1, used: 9, limited: 9'),
  webhook: () => statusAnswer(403, 'Forbidden', 'admission webhook "policy.example.com" denied the request'),
  broken: () => statusAnswer(500, 'InternalError', 'failed calling webhook "policy.example.com": timed out'),
  validation: () => statusAnswer(422, 'Invalid', 'is invalid'),
};
type TransportFactory = () => TransportResponse;

export class Admission {
  #refused: readonly Refused[] = [];

  refuse(...refused: readonly Refused[]): void {
    this.#refused = [...this.#refused, ...refused];
  }

  restore(): void {
    this.#refused = [];
  }

  /** Refuses some writes from now on. Returns a description. */
  take(dice: Dice): string {
    const kind = dice.pick<Refused['kind']>(['quota', 'webhook', 'broken', 'validation']) ?? 'quota';
    const resource = dice.pick([SLICES, SLICES, '/services', IMPORTS, EXPORTS]) ?? SLICES;
    // A digit of an address or of the hash in a name.
    const text = dice.pick(['1', '2', '7', '.3"']) ?? '1';
    this.refuse({ kind, resource, text });
    return `${kind} ${resource} ${text}`;
  }

  refusal(method: string, target: RequestTarget, body: string | undefined): TransportResponse | undefined {
    if (method === 'GET') return undefined;
    const found = this.#refused.find((each) => matches(each, method, target, body));
    return found && ANSWERS[found.kind]();
  }
}

function matches(refused: Refused, method: string, { resource, path }: RequestTarget, body = ''): boolean {
  if (resource !== refused.resource) return false;
  if (refused.kind === 'quota') return method === 'POST';
  if (method === 'DELETE' && refused.kind === 'validation') return false;
  const { text = '' } = refused;
  return body.includes(text) || (refused.kind !== 'validation' && path.includes(text));
}
