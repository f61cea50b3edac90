/** Values from a fleet file. */
import { isJsonObject, type Json, type JsonObject } from '../api/json.ts';
import { ErrorList, type Problem } from '../runtime/errors.ts';

/** Paths of the kubeconfigs of `kubeconfigSecrets` in the pods, relative to the fleet file. */
const KUBECONFIG = /^kubeconfigs\/([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/;

function membersOf(spec: JsonObject): readonly JsonObject[] {
  return Array.isArray(spec.members) ? spec.members.filter((member: Json) => isJsonObject(member)) : [];
}

/**
 * `spec` of a valid fleet file, with the Secrets that it refers to.
 *
 * @throws CTM_VALUES for members whose kubeconfig is not a file of the pods.
 */
export function fleetValues(spec: JsonObject, file: string): JsonObject {
  const problems: Problem[] = [];
  const secrets = new Set<string>();
  membersOf(spec).forEach(({ name, kubeconfig, inCluster }, i) => {
    if (inCluster === true) return;
    const [, secret] = KUBECONFIG.exec(String(kubeconfig)) ?? [];
    if (secret !== undefined) secrets.add(secret);
    else {
      const found = kubeconfig === undefined ? 'is missing' : `${JSON.stringify(kubeconfig)} is not a file of the pods`;
      const advice = `create a Secret with the key kubeconfig, and use kubeconfigs/<name of the Secret>`;
      const message = `${file}: spec.members[${i}].kubeconfig of ${JSON.stringify(name)}: ${found}; ${advice}`;
      problems.push({ code: 'CTM_VALUES', message });
    }
  });
  if (problems.length > 0) throw new ErrorList('CTM_VALUES', problems);
  return { fleet: spec, kubeconfigSecrets: [...secrets].map((name) => ({ name })) };
}
