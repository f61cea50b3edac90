/** The kinds of values in fleet.yaml, with messages that name what is allowed. */
import { z } from 'zod';
import { isQualifiedName, isReserved } from '../core/merge/exported-keys.ts';
import { cidrProblem } from './cidr.ts';
import { DURATION, parseDuration } from './duration.ts';

/** A string with a pattern; `shape` completes `"x" is not ...`. */
function text(pattern: RegExp, shape: string) {
  const error = ({ input }: { readonly input?: unknown }) => {
    if (typeof input !== 'string' && pattern.test(String(input))) return undefined;
    return input === undefined || input === null ? undefined : `${JSON.stringify(input)} is not ${shape}`;
  };
  return z.string({ error }).regex(pattern, { error });
}

export const label = text(
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'a DNS label; use at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends',
);

export const subdomain = text(
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/,
  'a DNS name; use lower-case labels joined by dots, such as clusterset.local',
);

export const clusterId = text(
  /^[\w.-]{1,128}$/,
  "the UID of a namespace; use the output of kubectl get namespace kube-system -o jsonpath='{.metadata.uid}'",
);

const longerThanZero = { error: 'must be longer than zero', abort: true };

export const duration = text(
  DURATION,
  'a duration; use a number and a unit (h, m, s, ms), such as 15s or 1m30s',
).refine((value) => parseDuration(value) !== 0, longerThanZero);

export const expiry = text(
  new RegExp(`^never$|${DURATION.source}`),
  'a duration; use one such as 10m, or never',
).refine((value) => parseDuration(value) !== 0, longerThanZero);

export const prefix = text(
  /^[a-z][-a-z0-9]{0,19}$/,
  'a prefix of Service names; use at most 20 lower-case letters, digits and dashes, the first one a letter',
);

const cidr = z.string().superRefine((value, context) => {
  const problem = cidrProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, input: value });
});

export const cidrs = z.array(cidr).default([]);

/** Matches a namespace by its name, or several by a prefix. */
export const namespaceName = text(
  /^(\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?|[a-z0-9][-a-z0-9]{0,61}\*)$/,
  'a namespace or a prefix of namespaces; use one such as payments, team-* or *',
);

/** `*` stands for every member. */
export const memberNames = z.array(
  text(/^(\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$/, 'the name of a member; use one of spec.members, or * for all'),
);

function keyProblem(value: string): string | undefined {
  const key = value.endsWith('*') ? `${value.slice(0, -1)}x` : value;
  if (value !== '*' && !isQualifiedName(key)) {
    return `${JSON.stringify(value)} is not a key; use one such as team or example.com/team, or a prefix such as example.com/*`;
  }
  return isReserved(key) ? `${JSON.stringify(value)} is reserved for Kubernetes and Catamaran` : undefined;
}

const exportedKey = z.string().superRefine((value, context) => {
  const problem = keyProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, input: value });
});

export const exportedKeys = z.array(exportedKey).default([]);
