/** Authorization reviews, which always allow access. Source: Kubernetes API reference, "Authorization resources". */
import type { JsonObject } from '../machinery/json.ts';
import { isObject, parseJson } from '../machinery/json.ts';
import { badRequest } from '../machinery/status.ts';
import { USER } from './access.ts';

const EVERYTHING = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
} as const;

/** Statuses of reviews, by path. */
const STATUS: Readonly<Record<string, JsonObject>> = {
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews': { allowed: true },
  '/apis/authorization.k8s.io/v1/subjectaccessreviews': { allowed: true },
  '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews': EVERYTHING,
  '/apis/authentication.k8s.io/v1/selfsubjectreviews': {
    userInfo: { username: USER.username, uid: USER.username, groups: [...USER.groups] },
  },
};

/**
 * Response to a review; undefined if the path is not a review.
 *
 * @throws StatusError 400
 */
export function answerReview(path: string, body: string): JsonObject | undefined {
  const status =
    STATUS[path] ??
    (/^\/apis\/authorization\.k8s\.io\/v1\/namespaces\/[^/]+\/localsubjectaccessreviews$/.test(path)
      ? { allowed: true }
      : undefined);
  if (!status) return undefined;
  try {
    const review = parseJson(body);
    if (isObject(review)) return { metadata: {}, ...review, status };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest('the object provided is unrecognized');
}
