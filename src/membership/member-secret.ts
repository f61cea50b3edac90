/** The Secret of a member in the hub, with a token of its account. */
import type { JsonObject } from '../api/json.ts';
import { MANAGED_BY, MEMBER_SECRET, SECRET_TYPE } from '../api/labels.ts';
import { SECRETS } from '../api/resources.ts';
import { existing, nameOf, type Outcome, shownObject } from '../install/create-objects.ts';
import { INSTALLER } from '../install/installation.ts';
import { resourceOf } from '../install/kinds.ts';
import { storeRules } from '../install/role-rules.ts';
import { claimsOf, requestToken } from './account-token.ts';
import { CONTROLLER, type Hub } from './hub.ts';
import { RENEW, secretData } from './inventory/described-member.ts';
import type { JoinOptions, JoinResult, Undo } from './join-options.ts';

/** The Secret, and the right to renew its token. */
export async function storeSecret(
  options: JoinOptions,
  { secrets }: Hub,
  settings: Readonly<Record<string, string | undefined>>,
  undo: Undo,
): Promise<Pick<JoinResult, 'tokenExpiresAt'>> {
  const { hub, member, namespace, name, lifetimeMs, dryRun, signal, onProgress, onOutcome, clock } = options;
  const current = secrets.find(({ metadata }) => metadata.name === name);
  const known = current && secretData(current);
  const fields = { ...settings, server: options.server, ...(options.ca !== undefined && { 'ca.crt': options.ca }) };
  const isSame = known && Object.entries(fields).every(([key, value]) => known[key] === value);
  const claims = known && claimsOf(known.token ?? '');
  const isFresh = claims && clock.now() < claims.issuedAt + (claims.expiresAt - claims.issuedAt) / 2;
  const report = (action: Outcome['action']) =>
    onOutcome({ cluster: hub.cluster, object: `secrets ${namespace}/${name}`, action });
  if (isSame && isFresh) {
    report('unchanged');
    return { tokenExpiresAt: new Date(claims.expiresAt).toISOString() };
  }
  if (dryRun) {
    report(current ? 'configured' : 'created');
    return {};
  }
  onProgress(`storing a token in ${hub.cluster}`);
  const account = { namespace, account: CONTROLLER };
  const { token, expiresAt } = await requestToken(member, account, lifetimeMs, signal);
  const secret = memberSecret(name, namespace, { ...fields, token }, lifetimeMs);
  const saved = current
    ? await hub.patch(SECRETS, { namespace, name }, secret, { signal })
    : await hub.create(SECRETS, namespace, secret, { signal });
  report(current ? 'configured' : 'created');
  if (!current) undo.push(() => hub.delete(SECRETS, { namespace, name }));
  const owner = { apiVersion: 'v1', kind: 'Secret', name, uid: saved.metadata.uid ?? '' };
  for (const object of storeObjects(name, namespace, owner)) {
    const before = await existing(hub, object);
    if (!before) {
      await hub.create(resourceOf(object), namespace, object, { signal });
      undo.push(() => hub.delete(resourceOf(object), nameOf(object)));
    }
    onOutcome({ cluster: hub.cluster, object: shownObject(object), action: before ? 'unchanged' : 'created' });
  }
  return { tokenExpiresAt: new Date(expiresAt).toISOString() };
}

function memberSecret(
  name: string,
  namespace: string,
  data: Readonly<Record<string, string | undefined>>,
  lifetimeMs: number,
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { [SECRET_TYPE]: MEMBER_SECRET, [MANAGED_BY]: INSTALLER },
      annotations: { [RENEW]: `${Math.ceil(lifetimeMs / 1_000)}s` },
    },
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(data).flatMap(([key, text]) =>
        text === undefined ? [] : [[key, Buffer.from(text).toString('base64')]],
      ),
    ),
  };
}

/** They go with the Secret. */
function storeObjects(name: string, namespace: string, owner: JsonObject): readonly JsonObject[] {
  const role = `${CONTROLLER}-member-${name}`;
  const group = 'rbac.authorization.k8s.io';
  const metadata = { name: role, namespace, labels: { [MANAGED_BY]: INSTALLER }, ownerReferences: [owner] };
  return [
    // Rules are JSON.
    { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules: storeRules(name) },
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'Role', name: role },
      subjects: [{ kind: 'ServiceAccount', name: CONTROLLER, namespace }],
    },
  ];
}
