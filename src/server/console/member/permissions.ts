/** What the credentials of this process may do in a member. Source: Kubernetes API reference, SelfSubjectAccessReview. */
import { z } from 'zod';
import { apiVersion, RESOURCES, type Resource } from '../../../api/resources.ts';
import type { Member } from '../../../fleet/member.ts';
import type { KubeClient } from '../../../kube/client/client.ts';
import { resourceName } from '../../../kube/client/paths.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Permission } from '../api-types.ts';

const REVIEWS: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
};

type Asked = readonly [resource: keyof typeof RESOURCES, verbs: readonly string[], subresource?: string];

const READ = ['list', 'watch'];
const CHANGE = ['create', 'patch', 'delete'];

const ASKED: readonly Asked[] = [
  ['serviceExports', [...READ, 'create', 'delete']],
  ['serviceExports', ['patch'], 'status'],
  ['serviceImports', [...READ, ...CHANGE]],
  ['serviceImports', ['patch'], 'status'],
  ['services', [...READ, ...CHANGE]],
  ['endpointSlices', [...READ, ...CHANGE]],
  ['namespaces', READ],
];

const statusSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

const TIMEOUT_MS = 3_000;
const FRESH_MS = 60_000;

async function ask(client: KubeClient, resource: Resource, verb: string, subresource = ''): Promise<boolean | null> {
  const { group, plural } = resource;
  const attributes = { group, resource: plural, verb, ...(subresource !== '' && { subresource }) };
  const review = { apiVersion: apiVersion(REVIEWS), kind: REVIEWS.kind, spec: { resourceAttributes: attributes } };
  try {
    const answer = await client.create(REVIEWS, undefined, review, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return statusSchema.parse(answer).status.allowed;
  } catch {
    return null;
  }
}

/** Asked at most once a minute for each member. */
export class Permissions {
  readonly #clock: Clock;
  readonly #known = new WeakMap<Member, { readonly at: number; readonly answers: Promise<readonly Permission[]> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(member: Member): Promise<readonly Permission[]> {
    const known = this.#known.get(member);
    const now = this.#clock.now();
    if (known && now - known.at < FRESH_MS) return known.answers;
    const answers = this.#ask(member);
    this.#known.set(member, { at: now, answers });
    return answers;
  }

  #ask({ client, state }: Member): Promise<readonly Permission[]> {
    const isReachable = client && state.phase === 'ready';
    const questions = ASKED.flatMap(([name, verbs, subresource]) =>
      verbs.map(async (verb): Promise<Permission> => {
        const resource = RESOURCES[name];
        return {
          verb,
          resource: resourceName(resource, subresource),
          allowed: isReachable ? await ask(client, resource, verb, subresource) : null,
        };
      }),
    );
    return Promise.all(questions);
  }
}
