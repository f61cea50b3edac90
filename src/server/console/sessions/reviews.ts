/**
 * Asks an API server whose token it is, and what a user may do.
 *
 * Source: Kubernetes API reference, authentication.k8s.io/v1 TokenReview, authorization.k8s.io/v1 SubjectAccessReview.
 */
import { z } from 'zod';
import type { JsonObject } from '../../../api/json.ts';
import { MCS_GROUP } from '../../../api/multicluster.ts';
import { apiVersion, type Resource } from '../../../api/resources.ts';
import type { KubeClient } from '../../../kube/client/client.ts';

const TOKEN_REVIEWS: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
};

const ACCESS_REVIEWS: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

const userSchema = z.object({
  username: z.string().min(1),
  uid: z.string().optional(),
  groups: z.array(z.string()).optional(),
  extra: z.record(z.string(), z.array(z.string())).optional(),
});

/** A user, as the API server describes them in a TokenReview. */
export type ReviewedUser = Readonly<z.infer<typeof userSchema>>;

const tokenStatusSchema = z.object({
  status: z.object({ authenticated: z.boolean().optional(), user: userSchema.optional().catch(undefined) }),
});

const accessStatusSchema = z.object({
  status: z.object({ allowed: z.boolean(), denied: z.boolean().optional() }),
});

export interface AccessQuestion {
  readonly verb: string;
  readonly resource: string;
  /** Empty: all namespaces. */
  readonly namespace: string;
}

/** Requests do not wait behind those of the controller: they are few, and a user waits for them. */
const TIMEOUT_MS = 10_000;

async function reviewed(client: KubeClient, resource: Resource, spec: JsonObject): Promise<unknown> {
  const review = { apiVersion: apiVersion(resource), kind: resource.kind, spec };
  return client.create(resource, undefined, review, { signal: AbortSignal.timeout(TIMEOUT_MS), vital: true });
}

/** Undefined if the token is not valid. */
export async function userOf(client: KubeClient, token: string): Promise<ReviewedUser | undefined> {
  const { status } = tokenStatusSchema.parse(await reviewed(client, TOKEN_REVIEWS, { token }));
  return status.authenticated === true ? status.user : undefined;
}

/** Whether a user may do something with a resource of the Multi-Cluster Services API. */
export async function isAllowed(
  client: KubeClient,
  { username, uid, groups = [], extra }: ReviewedUser,
  { verb, resource, namespace }: AccessQuestion,
): Promise<boolean> {
  const spec = {
    user: username,
    groups,
    ...(uid !== undefined && { uid }),
    ...(extra && { extra }),
    resourceAttributes: { group: MCS_GROUP, resource, verb, ...(namespace !== '' && { namespace }) },
  };
  const { status } = accessStatusSchema.parse(await reviewed(client, ACCESS_REVIEWS, spec));
  return status.allowed && status.denied !== true;
}
