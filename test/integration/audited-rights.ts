/** What an account requested, from the audit logs, and what it may request, from RBAC. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Rule } from '../../src/install/role-rules.ts';
import { AUDITED_NAMESPACE } from '../../tools/controlplane/plane.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';

const entrySchema = z.object({
  verb: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z
    .object({
      resource: z.string().default(''),
      apiGroup: z.string().default(''),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  requestURI: z.string(),
  responseStatus: z.object({ code: z.number() }).optional(),
});

/** What an account requested: as RBAC names it, and what was refused. */
interface Requested {
  readonly verbs: ReadonlySet<string>;
  readonly forbidden: readonly string[];
}

export async function requestedBy(account: string, audited: readonly Cluster[]): Promise<Requested> {
  const logs = await Promise.all(audited.map(({ plane }) => readFile(plane.auditLog ?? '', 'utf8')));
  const entries = logs
    .flatMap((log) => log.split('\n'))
    // The last line may be incomplete.
    .filter((line) => line.includes(`:${AUDITED_NAMESPACE}:${account}"`) && line.endsWith('}'))
    .map((line) => entrySchema.parse(JSON.parse(line)))
    .filter(({ user }) => user.username === `system:serviceaccount:${AUDITED_NAMESPACE}:${account}`);
  return {
    verbs: new Set(
      entries.flatMap(({ verb, objectRef: ref, requestURI }) => {
        if (!ref) return [];
        // A watch that begins with the state replaces a list, which servers without WatchList are asked for.
        const verbs = requestURI.includes('sendInitialEvents=true') ? ['list', verb] : [verb];
        const resource = [ref.resource, ref.subresource].filter(Boolean).join('/');
        return verbs.map((each) => rightOf(each, ref.apiGroup, resource));
      }),
    ),
    forbidden: entries
      .filter(({ responseStatus }) => responseStatus?.code === 403)
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`),
  };
}

function rightOf(verb: string, group: string, resource: string): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

export function rightsOf(rules: readonly Rule[]): ReadonlySet<string> {
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => rightOf(verb, group, resource))),
      ),
    ),
  );
}

const bindingsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string().optional() }),
      roleRef: z.object({ kind: z.string(), name: z.string() }),
      subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })).default([]),
    }),
  ),
});

const list = z.array(z.string()).default([]);
const roleSchema = z.object({ rules: z.array(z.object({ apiGroups: list, resources: list, verbs: list })) });

/** The rights of the roles that a cluster binds to an account. */
export async function rightsGranted(account: string, cluster: Cluster): Promise<ReadonlySet<string>> {
  const bindings = await cluster.kubectl('get', 'clusterrolebindings,rolebindings', '--all-namespaces', '-o', 'json');
  const bound = bindingsSchema
    .parse(JSON.parse(bindings))
    .items.filter(({ subjects }) =>
      subjects.some(({ name, namespace }) => name === account && namespace === AUDITED_NAMESPACE),
    );
  const rules = await Promise.all(
    bound.map(async ({ metadata, roleRef }) => {
      const place = roleRef.kind === 'Role' ? ['--namespace', metadata.namespace ?? ''] : [];
      const role = await cluster.kubectl('get', roleRef.kind, roleRef.name, ...place, '-o', 'json');
      return roleSchema.parse(JSON.parse(role)).rules;
    }),
  );
  return rightsOf(rules.flat());
}
