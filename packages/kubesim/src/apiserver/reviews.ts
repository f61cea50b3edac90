/**
 * Reviews: authorization always allows access, and authentication knows one token.
 *
 * Source: Kubernetes API reference, "Authorization resources", "Authentication resources".
 */
import type { JsonObject } from '../machinery/json.ts';
import { isObject, parseJson } from '../machinery/json.ts';
import { badRequest } from '../machinery/status.ts';
import { sameText, USER } from './access.ts';

const USER_INFO = { username: USER.username, uid: USER.username, groups: [...USER.groups] } as const;

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
    userInfo: USER_INFO,
  },
};

const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';

/** Status of a TokenReview; the API server of a cluster words it so, too. */
function tokenStatus(review: JsonObject, token: string): JsonObject {
  const given = isObject(review.spec) ? review.spec.token : undefined;
  if (typeof given !== 'string' || given === '')
    throw badRequest('token is required for TokenReview in authentication');
  if (sameText(given, token)) return { authenticated: true, user: USER_INFO };
  return { user: {}, error: 'invalid bearer token' };
}

/**
 * Response to a review; `token` is the one that is known; undefined if the path is not a review.
 *
 * @throws StatusError 400
 */
export function answerReview(path: string, body: string, token: string): JsonObject | undefined {
  const status =
    STATUS[path] ??
    (/^\/apis\/authorization\.k8s\.io\/v1\/namespaces\/[^/]+\/localsubjectaccessreviews$/.test(path)
      ? { allowed: true }
      : undefined);
  if (!status && path !== TOKEN_REVIEWS) return undefined;
  try {
    const review = parseJson(body);
    if (isObject(review)) return { metadata: {}, ...review, status: status ?? tokenStatus(review, token) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest('the object provided is unrecognized');
}
