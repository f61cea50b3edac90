/** A member as an object of an inventory describes it. */
import { isJsonObject, type Json, type JsonObject, metadataOf } from '../../api/json.ts';
import { describeIssue, fieldName } from '../../config/problems.ts';
import { type MemberDocument, memberSchema } from '../../config/schema.ts';
import type { ObjectName } from '../../kube/client/client.ts';

/** Prefix of the annotations with settings of a member. */
const DOMAIN = 'catamaran.dev/';

/** The name of the member, if it is not that of the object. */
export const MEMBER_NAME = `${DOMAIN}member-name`;
/** A user has asked for the removal of the member. */
export const LEAVE = `${DOMAIN}leave`;
/** The controller renews the token with the token itself. The value is the lifetime of a new one, such as `168h`. */
export const RENEW = `${DOMAIN}renew-token`;

/** Settings that are lists, separated by commas. */
const LISTS = ['podCIDRs', 'serviceCIDRs', 'nodeCIDRs', 'extraCIDRs'] as const;
const TEXTS = ['clusterId', 'addresses', 'slices', 'derivedPrefix'] as const;

/** What cannot be used is a problem of this member alone. */
export interface DescribedMember {
  /** Names the object in messages: `Secret "catamaran-system/cluster1"`. */
  readonly source: string;
  /** RFC 3339; of two that claim the same, the older one is the member. */
  readonly createdAt: string;
  /** Undefined if the object has no usable name. */
  readonly name?: string;
  readonly settings?: MemberDocument;
  readonly kubeconfig?: string;
  readonly problem?: string;
  readonly isLeaving: boolean;
  /** A token that the controller renews, and how long a new one should be valid, in ms. */
  readonly renewal?: { readonly secret: ObjectName; readonly token: string; readonly lifetimeMs: number };
}

export function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  );
}

export function annotationsOf(object: JsonObject): Readonly<Record<string, string>> {
  return textsOf(metadataOf(object)?.annotations);
}

/** `data` of a Secret, decoded. */
export function secretData(secret: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(textsOf(secret.data)).map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]),
  );
}

function parts(list: string): readonly string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** As the entry of a member in fleet.yaml. */
function entryOf(name: string, read: (field: string) => string | undefined): JsonObject {
  const lists = LISTS.map((field) => [field, parts(read(field) ?? '')] as const);
  const texts = TEXTS.map((field) => [field, read(field)?.trim() || undefined] as const);
  return { name, ...Object.fromEntries(lists), ...Object.fromEntries(texts.filter(([, text]) => text !== undefined)) };
}

/** The settings, or every problem with them. Fields of `data` precede annotations. */
export function settingsOf(
  name: string,
  data: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): { readonly settings: MemberDocument } | { readonly problem: string } {
  const entry = entryOf(name, (field) => data[field] ?? annotations[`${DOMAIN}${field}`]);
  const parsed = memberSchema.safeParse(entry, { error: describeIssue });
  if (parsed.success) return { settings: parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) => `${fieldName(path)}: ${message}`);
  return { problem: problems.join('; ') };
}
