/**
 * Records the protobuf encoding of built-in objects for kubesim: numbers, names and types of fields, from the .proto
 * files of the Kubernetes modules. Run manually after tools/codegen/openapi.ts: `node tools/codegen/protobuf.ts`.
 * Requires Go.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentSchema } from 'kubesim/internal';

/** Component by kind, as recorded by openapi.ts. */
const KINDS = new URL('../../packages/kubesim/src/schema/builtin/kinds.json', import.meta.url);
const OUTPUT = fileURLToPath(new URL('../../packages/kubesim/src/apiserver/protobuf/messages.json', import.meta.url));
const MODULES = fileURLToPath(new URL('../pins/kubernetes', import.meta.url));

/** Kinds that are never stored, so they have no recorded schema. */
const REVIEWS: readonly string[] = [
  'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  'io.k8s.api.authorization.v1.SubjectAccessReview',
  'io.k8s.api.authentication.v1.SelfSubjectReview',
];

interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly list: boolean;
  readonly map: boolean;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 's',
  bytes: 'y',
  bool: 'b',
  int32: 'i',
  int64: 'i',
  double: 'd',
};

function moduleDir(path: string): string {
  const { stdout, status } = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', path], {
    cwd: MODULES,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`go list -m ${path} failed`);
  return stdout.trim();
}

const dirs = new Map(['k8s.io/api', 'k8s.io/apimachinery'].map((path) => [path, moduleDir(path)]));

/** `io.k8s.api.core.v1.Pod` -> the text of its package's .proto file. */
function protoOf(component: string): string {
  const parts = component.split('.').slice(2, -1);
  const [module = '', ...rest] = parts;
  return readFileSync(join(dirs.get(`k8s.io/${module}`) ?? '', ...rest, 'generated.proto'), 'utf8');
}

function fieldsOf(component: string): readonly Field[] {
  const name = component.split('.').at(-1);
  const body = new RegExp(`^message ${name} \\{$([\\s\\S]*?)^\\}$`, 'm').exec(protoOf(component))?.[1];
  if (body === undefined) throw new Error(`${component} has no message`);
  const prefix = component.slice(0, component.lastIndexOf('.'));
  const full = (type: string): string => {
    if (SCALARS[type] !== undefined) return type;
    return type.startsWith('.') ? type.slice(1).replace(/^k8s\.io\./, 'io.k8s.') : `${prefix}.${type}`;
  };
  return [...body.matchAll(/^ {2}(?:(optional|repeated) (\S+)|map<string, (\S+)>) (\w+) = (\d+);/gm)].map(
    ([, label, plain, mapped, field = '', number]) => ({
      number: Number(number),
      name: field,
      type: full(plain ?? mapped ?? ''),
      list: label === 'repeated',
      map: mapped !== undefined,
    }),
  );
}

/** Without the common prefix of component names. */
function short(component: string): string {
  return component.replace(/^io\.k8s\.(api|apimachinery\.pkg(\.apis)?)\./, '');
}

function propertiesOf(component: string): readonly string[] | undefined {
  try {
    return Object.keys(componentSchema(component).properties ?? {});
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const kinds = JSON.parse(readFileSync(KINDS, 'utf8')) as Readonly<Record<string, string>>; // from openapi.ts
const messages: Record<string, Record<string, string>> = {};
const roots: Record<string, string> = {};
// The API server does not accept CRDs in protobuf.
const stored = Object.values(kinds).filter((component) => !component.includes('apiextensions'));
const waiting = [...stored, ...REVIEWS];
for (const component of waiting) {
  const [group = '', version = '', kind = ''] = [
    ...(Object.entries(kinds).find(([, one]) => one === component)?.[0] ?? '').split('/'),
  ];
  if (kind !== '') roots[group === '' ? `${version}/${kind}` : `${group}/${version}/${kind}`] = short(component);
  else if (REVIEWS.includes(component)) {
    const [, , , module, v, name] = component.split('.');
    roots[`${module}.k8s.io/${v}/${name}`] = short(component);
  }
  if (messages[short(component)]) continue;
  const properties = propertiesOf(component);
  const fields: Record<string, string> = {};
  for (const { number, name, type, list, map } of fieldsOf(component)) {
    const scalar = SCALARS[type];
    // Go encodes the fields of an embedded struct as those of the enclosing struct.
    const inline = scalar === undefined && !list && !map && properties !== undefined && !properties.includes(name);
    fields[number] = `${inline ? '' : name} ${list ? '*' : map ? '%' : ''}${scalar ?? short(type)}`;
    if (scalar === undefined) waiting.push(type);
  }
  messages[short(component)] = fields;
}
const line = ([name, fields]: [string, object]): string => `  ${JSON.stringify(name)}: ${JSON.stringify(fields)}`;
const lines = Object.entries(messages)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(line);
writeFileSync(OUTPUT, `{\n"kinds": ${JSON.stringify(roots)},\n"messages": {\n${lines.join(',\n')}\n}\n}\n`);
