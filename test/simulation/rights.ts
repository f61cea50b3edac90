/** Permissions of the controller that are missing in one cluster, because someone changed its ClusterRole. */
import type { TransportResponse } from '../../src/kube/client/transport.ts';
import { statusAnswer } from './answers.ts';
import type { Dice } from './dice.ts';
import type { RequestTarget } from './request-path.ts';

const LEASES = 'coordination.k8s.io/leases';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const EXPORTS = 'multicluster.x-k8s.io/serviceexports';

/** RBAC verbs that are revoked and restored together. Open watches continue. */
const READ = ['get', 'list', 'watch'] as const;
const WRITE = ['create', 'patch', 'delete'] as const;
type Verb = (typeof READ)[number] | (typeof WRITE)[number];

/** Permissions that can be revoked together. A status is a separate resource in RBAC. */
const TAKEN: readonly [string, ...string[]] = [
  EXPORTS,
  IMPORTS,
  `${EXPORTS}/status`,
  `${IMPORTS}/status`,
  '/services',
  'discovery.k8s.io/endpointslices',
  '/namespaces',
  LEASES,
];

/** Permissions; initially none is missing. */
export class Rights {
  readonly #missing = new Set<string>();

  /** Revokes some permissions. Returns a description. */
  take(dice: Dice): string {
    const resources = dice.chance(0.2) ? TAKEN : [dice.pick(TAKEN)];
    const single = dice.pick<Verb>([...READ, ...WRITE]) ?? 'list';
    const verbs = dice.pick<readonly Verb[]>([READ, READ, WRITE, [single]]) ?? READ;
    for (const resource of resources) for (const verb of verbs) this.forbid(verb, resource);
    return `${verbs.join(',')} ${resources.join(' ')}`;
  }

  forbid(verb: Verb, resource: string): void {
    this.#missing.add(`${verb} ${resource}`);
  }

  restore(): void {
    this.#missing.clear();
  }

  /** 403 for a request without permission. Source: Kubernetes documentation, "Using RBAC Authorization". */
  refusal(method: string, { resource, subresource, name, query }: RequestTarget): TransportResponse | undefined {
    if (resource === undefined) return undefined;
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    const verb = verbOf(method, name, query.has('watch'));
    if (!this.#missing.has(`${verb} ${what}`)) return undefined;
    return statusAnswer(403, 'Forbidden', `User "catamaran" cannot ${verb} resource "${what}"`);
  }
}

function verbOf(method: string, name: string | undefined, watch: boolean): Verb {
  if (method === 'GET') return watch ? 'watch' : name === undefined ? 'list' : 'get';
  return method === 'POST' ? 'create' : method === 'DELETE' ? 'delete' : 'patch';
}
