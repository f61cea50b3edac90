/** What a user chooses from to create a multi-cluster Service. */
import type { Service } from '../../../api/core.ts';
import type { JsonObject } from '../../../api/json.ts';
import { serviceKey } from '../../../api/meta.ts';
import { RESOURCES } from '../../../api/resources.ts';
import { classifyExports } from '../../../core/merge/exports.ts';
import { portsOf } from '../../../core/merge/ports.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { fleetAccess } from '../../../fleet/fleet-access.ts';
import type { Member } from '../../../fleet/member.ts';
import { slimService } from '../../../fleet/slim/slim-service.ts';
import { CatamaranError } from '../../../runtime/errors.ts';
import { exportManifest } from '../../../sharing/export-preview.ts';
import type { NamespaceChoices, ServiceChoice, ServiceChoices } from '../api-types.ts';
import type { Account } from '../sessions/accounts.ts';

const MOST = 500;
const TIMEOUT_MS = 10_000;

export async function namespaceChoices({ cache }: Member, account: Account): Promise<NamespaceChoices> {
  const { scope } = account;
  const active = [...cache.namespaces.names()].filter((name) => cache.namespaces.get(name) === 'Active');
  await account.review(active);
  return {
    namespaces: active
      .filter((name) => scope.sees(name))
      .sort()
      .slice(0, MOST),
  };
}

/** Undefined for an object that does not fit the Kubernetes API. */
function serviceIn(object: JsonObject): Service | undefined {
  try {
    return slimService(object);
  } catch {
    return undefined;
  }
}

function choiceOf(fleet: Fleet, member: Member, namespace: string, service: Service): ServiceChoice {
  const key = serviceKey(namespace, service.metadata.name);
  const { type = 'ClusterIP', clusterIP, ports } = service.spec;
  const exported = member.cache.exports.get(key) !== undefined;
  const [refusal] = classifyExports([
    {
      member: member.name,
      standing: 'current',
      policy: fleetAccess(fleet.config).exportPolicy(member, key),
      export: exportManifest(key),
      slices: [],
      service,
    },
  ]).invalid;
  return {
    name: service.metadata.name,
    type: clusterIP === 'None' ? 'Headless' : type,
    ports: portsOf(ports),
    exported,
    ...(refusal && !exported && { refusal: `${refusal.reason}: ${refusal.message}` }),
  };
}

/** Lists the Services of one namespace of a member. */
export async function serviceChoices(
  fleet: Fleet,
  member: Member,
  namespace: string,
  signal: AbortSignal,
): Promise<ServiceChoices> {
  const { client, name } = member;
  if (!client) throw new CatamaranError('CTM_MEMBER_UNLISTED', `member "${name}" does not respond`);
  const services: ServiceChoice[] = [];
  const pages = client.pages(RESOURCES.services, {
    namespace,
    limit: MOST,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  for await (const { items } of pages) {
    for (const item of items) {
      const service = serviceIn(item);
      if (service) services.push(choiceOf(fleet, member, namespace, service));
    }
    if (services.length > MOST) break;
  }
  services.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { services: services.slice(0, MOST), truncated: services.length > MOST };
}
