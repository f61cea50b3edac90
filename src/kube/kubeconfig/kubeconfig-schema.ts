/** Schema of the fields that are read from a kubeconfig, and messages for its problems. */
import { z } from 'zod';
import { CatamaranError } from '../../runtime/errors.ts';
import { parseYaml } from '../../runtime/yaml.ts';

// kubectl writes null for empty fields.
const text = z
  .string()
  .nullish()
  .transform((value) => (value === '' || value === null ? undefined : value));
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);

const clusterSchema = z.object({
  server: text,
  'tls-server-name': text,
  'insecure-skip-tls-verify': flag,
  'certificate-authority': text,
  'certificate-authority-data': text,
  'proxy-url': text,
  extensions: z.array(z.object({ name: z.string(), extension: z.json().optional() })).nullish(),
});

const execSchema = z.object({
  apiVersion: z.enum(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string().min(1), value: z.string() })).nullish(),
  installHint: text,
  provideClusterInfo: flag,
  interactiveMode: z.enum(['Never', 'IfAvailable', 'Always']).nullish(),
});

const userSchema = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': z.array(z.string()).nullish(),
  'as-user-extra': z.record(z.string(), z.array(z.string())).nullish(),
  'auth-provider': z.looseObject({ name: text }).nullish(),
  exec: execSchema.nullish(),
});

const contextSchema = z.object({ cluster: text, user: text, namespace: text });

// Entries are validated when they are used, so that an invalid one does not affect other contexts.
const kubeconfigSchema = z.object({
  apiVersion: z.literal('v1').nullish(),
  kind: z.literal('Config').nullish(),
  'current-context': text,
  clusters: z.array(z.object({ name: z.string().min(1), cluster: z.unknown() })).nullish(),
  contexts: z.array(z.object({ name: z.string().min(1), context: z.unknown() })).nullish(),
  users: z.array(z.object({ name: z.string().min(1), user: z.unknown() })).nullish(),
});

/** The fields of one kubeconfig that Catamaran reads. */
export type Kubeconfig = z.infer<typeof kubeconfigSchema>;
export type KubeconfigCluster = z.infer<typeof clusterSchema>;
export type KubeconfigUser = z.infer<typeof userSchema>;
export type ExecPlugin = z.infer<typeof execSchema>;

/** `problem` must not contain secret values. */
export function invalid(source: string, field: string, problem: string): CatamaranError {
  return new CatamaranError('CTM_KUBECONFIG_INVALID', `${source}: ${field}: ${problem}`);
}

/**
 * Parses one kubeconfig. `source` names it in messages.
 * @throws CTM_KUBECONFIG_INVALID with every problem.
 */
export function parseFile(source: string, content: string): Kubeconfig {
  const { value, lines, problems } = parseYaml(content);
  const [broken] = problems;
  if (broken) {
    const { line, col } = lines.linePos(broken.offset);
    // The message could quote nearby text, which may contain a token.
    throw invalid(source, `line ${line}, column ${col}`, `not valid YAML (${broken.code})`);
  }
  return parseWith(kubeconfigSchema, source, '', value ?? {});
}

/**
 * Parsers of one entry; `prefix` is its path.
 * @throws CTM_KUBECONFIG_INVALID with every problem.
 */
export const parseEntry = {
  cluster: (source: string, prefix: string, value: unknown) => parseWith(clusterSchema, source, prefix, value ?? {}),
  context: (source: string, prefix: string, value: unknown) => parseWith(contextSchema, source, prefix, value ?? {}),
  user: (source: string, prefix: string, value: unknown) => parseWith(userSchema, source, prefix, value ?? {}),
};

function parseWith<S extends z.ZodType>(schema: S, source: string, prefix: string, value: unknown): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const field = fieldOf(value, issue.path);
    const path = [prefix, field].filter((part) => part !== '').join('.');
    return `${path === '' ? 'document' : path}: ${problemOf(value, issue)}`;
  });
  throw new CatamaranError('CTM_KUBECONFIG_INVALID', `${source}: ${problems.join('; ')}`);
}

function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** `users[name=admin].user.token` for `users.0.user.token`. */
function fieldOf(root: unknown, path: readonly PropertyKey[]): string {
  let field = '';
  let value = root;
  for (const key of path) {
    value = member(value, key);
    const name = member(value, 'name');
    if (typeof key !== 'number') field += field === '' ? String(key) : `.${String(key)}`;
    else field += typeof name === 'string' ? `[name=${name}]` : `[${key}]`;
  }
  return field;
}

function problemOf(root: unknown, issue: z.core.$ZodIssue): string {
  // Only the values of enumerations are quoted, since none of these is secret.
  if (issue.code === 'invalid_value') {
    const value = issue.path.reduce<unknown>(member, root);
    return `${JSON.stringify(value)} is not supported; supported: ${issue.values.map(String).join(', ')}`;
  }
  if (issue.code === 'invalid_type') {
    const value = issue.path.reduce<unknown>(member, root);
    return value === undefined
      ? `missing; expected ${issue.expected}`
      : `${jsonTypeOf(value)}; expected ${issue.expected}`;
  }
  if (issue.code === 'too_small') return 'empty';
  return issue.message;
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
