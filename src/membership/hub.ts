/** The fleet of a hub, from the objects of its installation. */
import { asText, isJsonObject, type Json } from '../api/json.ts';
import { CONFIG_MAPS, SECRETS } from '../api/resources.ts';
import type { FleetConfig } from '../config/fleet-config.ts';
import { parseFleet } from '../config/parse.ts';
import { isAbsent } from '../kube/client/api-errors.ts';
import type { KubeClient, RawObject } from '../kube/client/client.ts';
import { CatamaranError } from '../runtime/errors.ts';
import { type DescribedMember, textsOf } from './inventory/described-member.ts';
import { describedBy, SECRET_FORMATS } from './inventory/member-formats.ts';
import { mergedFleet } from './inventory/merged-fleet.ts';
import { DEPLOYMENTS } from './membership-resources.ts';

/** Name of the controller's Deployment and account. */
export const CONTROLLER = 'catamaran';

export interface Hub {
  /** That of the file. */
  readonly file: FleetConfig;
  /** With the members of Secrets of Catamaran. */
  readonly fleet: FleetConfig;
  readonly secrets: readonly RawObject[];
  readonly described: readonly DescribedMember[];
}

async function optional<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function listIn(value: Json | undefined, field: string): readonly Json[] {
  const list = isJsonObject(value) ? value[field] : undefined;
  return Array.isArray(list) ? list : [];
}

/** The ConfigMap that the pods mount. */
function configMapOf({ spec }: RawObject): string | undefined {
  const template = isJsonObject(spec) ? spec.template : undefined;
  const volumes = listIn(isJsonObject(template) ? template.spec : undefined, 'volumes');
  const sources = volumes.flatMap((volume) => listIn(isJsonObject(volume) ? volume.projected : undefined, 'sources'));
  const maps = sources.map((source) => (isJsonObject(source) ? source.configMap : undefined));
  return maps.flatMap((map) => (isJsonObject(map) ? (asText(map.name) ?? []) : []))[0];
}

/**
 * Reads the fleet of the controller in a namespace.
 *
 * @throws CTM_MEMBERSHIP if there is no controller, or if it does not read Secrets of Catamaran.
 */
export async function readHub(client: KubeClient, namespace: string, signal: AbortSignal): Promise<Hub> {
  const place = `namespace ${JSON.stringify(namespace)} of ${client.cluster}`;
  const deployment = await optional(client.get(DEPLOYMENTS, { namespace, name: CONTROLLER }, { signal }));
  if (!deployment) {
    const advice = `install it with catamaran install --mode hub or Helm, or use --namespace if it is in another one`;
    throw new CatamaranError('CTM_MEMBERSHIP', `no controller in ${place}; ${advice}`);
  }
  const name = configMapOf(deployment);
  const config =
    name === undefined ? undefined : await optional(client.get(CONFIG_MAPS, { namespace, name }, { signal }));
  const text = textsOf(config?.data)['fleet.yaml'];
  if (text === undefined) {
    throw new CatamaranError('CTM_MEMBERSHIP', `the controller in ${place} has no ConfigMap with the key fleet.yaml`);
  }
  const file = parseFleet(text, { file: `ConfigMap ${namespace}/${name}` });
  const isRead = file.inventories.some(
    (each) => each.format === 'Catamaran' && (each.namespace ?? namespace) === namespace && !each.access,
  );
  if (!isRead) {
    const message = `the controller in ${place} does not read Secrets of its namespace`;
    throw new CatamaranError(
      'CTM_MEMBERSHIP',
      `${message}; add "- format: Catamaran" to spec.inventories of its fleet`,
    );
  }
  const { labelSelector } = SECRET_FORMATS.Catamaran;
  const { items: secrets } = await client.list(SECRETS, { namespace, labelSelector, signal });
  const described = secrets.flatMap((secret) => describedBy(secret, SECRET_FORMATS.Catamaran) ?? []);
  return { file, fleet: mergedFleet(file, described, new Map()).config, secrets, described };
}
