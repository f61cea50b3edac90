/** The health rules of the examples, as each tool would run them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CelInput, isCelError, run } from '@bufbuild/cel';
import { LuaFactory } from 'wasmoon';
import { parse } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../../src/api/json.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples/gitops');

function example(file: string): JsonObject {
  return parse(readFileSync(join(EXAMPLES, file), 'utf8'));
}

function objectAt(value: Json | undefined, key: string): JsonObject {
  const found = isJsonObject(value) ? value[key] : undefined;
  if (!isJsonObject(found)) throw new Error(`${key} is not an object`);
  return found;
}

/** The script for a kind in the ConfigMap of Argo CD. */
export function argoScript(kind: string): string {
  const script = objectAt(example('argocd-cm.yaml'), 'data')[
    `resource.customizations.health.multicluster.x-k8s.io_${kind}`
  ];
  if (typeof script !== 'string') throw new Error(`no health script for ${kind}`);
  return script;
}

const LUA = new LuaFactory();
/** What Argo CD does not open, or is newer than Lua 5.1. */
const ABSENT = ['string', 'io', 'math', 'debug', 'coroutine', 'utf8', 'os', 'rawlen', 'warn', 'dofile', 'loadfile'];

/** What Argo CD shows for an object. */
export async function argoHealth(object: JsonObject): Promise<{ readonly status: string; readonly message: string }> {
  const lua = await LUA.createEngine({ enableProxy: false });
  try {
    for (const library of ABSENT) lua.global.set(library, undefined);
    lua.global.set('obj', object);
    return await lua.doString(argoScript(String(object.kind)));
  } finally {
    lua.global.close();
  }
}

/** The expressions for a kind in the Kustomization of Flux. */
export function fluxExpressions(kind: string): { readonly failed: string; readonly current: string } {
  const { healthCheckExprs } = objectAt(example('flux-kustomization.yaml'), 'spec');
  const all = Array.isArray(healthCheckExprs) ? healthCheckExprs.filter(isJsonObject) : [];
  const found = all.find((each) => each.kind === kind);
  return { failed: String(found?.failed), current: String(found?.current) };
}

/** What Flux makes of an object: in progress while no expression holds. One that reads an absent field is an error, and waits. */
export function fluxStatus(object: JsonObject): string {
  const { failed, current } = fluxExpressions(String(object.kind));
  const bindings: Record<string, CelInput> = JSON.parse(JSON.stringify(object));
  for (const [status, expression] of [
    ['Failed', failed],
    ['Current', current],
  ] as const) {
    const result = run(expression, bindings);
    if (isCelError(result)) return 'InProgress';
    if (result === true) return status;
  }
  return 'InProgress';
}

/**
 * The rules that kstatus has for a kind that it does not know (cli-utils, pkg/kstatus/status). `make interop` sends the
 * same objects to the library.
 */
export function kstatusOf({ metadata, status }: JsonObject): string {
  const { deletionTimestamp, generation } = Object(metadata);
  const { observedGeneration, conditions = [] } = Object(status);
  if (deletionTimestamp !== undefined) return 'Terminating';
  if (observedGeneration !== undefined && observedGeneration !== generation) return 'InProgress';
  const statusOf = (type: string) => conditions.find((condition: JsonObject) => condition.type === type)?.status;
  if (statusOf('Reconciling') === 'True') return 'InProgress';
  if (statusOf('Stalled') === 'True') return 'Failed';
  const ready = statusOf('Ready');
  return ready === undefined || ready === 'True' ? 'Current' : 'InProgress';
}
