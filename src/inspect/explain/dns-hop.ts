/** Whether pods of a consumer can resolve the clusterset name of an import: asked, or read from the configuration. */
import { type ServiceKey, splitKey } from '../../api/meta.ts';
import type { ServiceImport } from '../../api/multicluster.ts';
import { checkAnswers, checkConfiguration, type Hop as DnsHop, type Probe } from '../../dns/coredns/check.ts';
import type { Site } from '../../dns/coredns/install.ts';
import { readSite } from '../../dns/coredns/read-site.ts';
import type { DnsRoute } from '../../dns/coredns/routes.ts';
import { TYPE } from '../../dns/wire/protocol.ts';
import type { Member } from '../../fleet/member.ts';
import { toError } from '../../runtime/thrown.ts';
import { type Hop, hopsOf } from './hop.ts';

/** Ways to the DNS that pods of a member ask. Rejects with the reason if there is none from here. */
export type DnsRoutes = (member: Member, site: Site) => Promise<readonly DnsRoute[]>;

/** Who asks, and for which zone. */
export interface DnsQuestion {
  readonly zone: string;
  readonly routes: DnsRoutes;
}

function probeOf(key: ServiceKey, { spec }: ServiceImport, zone: string): Probe {
  const { namespace, name } = splitKey(key);
  const ips = spec.type === 'Headless' ? [] : (spec.ips ?? []);
  const type = ips[0]?.includes(':') ? TYPE.AAAA : TYPE.A;
  return { name: `${name}.${namespace}.svc.${zone}`, type, addresses: ips };
}

/** The answer of what pods ask; an error if there is no way to ask from here, such as no right to forward ports. */
async function askedFrom(
  member: Member,
  site: Site,
  { zone, routes }: DnsQuestion,
  probe: Probe,
): Promise<DnsHop | Error> {
  try {
    let lost: Error | undefined;
    const found = await routes(member, site);
    const noting = found.map(
      (route): DnsRoute => ({
        where: route.where,
        ask: (...question) =>
          route.ask(...question).catch((error: unknown) => {
            lost = toError(error);
            throw lost;
          }),
      }),
    );
    const answer = await checkAnswers({ routes: async () => noting, zone }, probe);
    return lost ?? answer;
  } catch (error) {
    return toError(error);
  }
}

/** Clients can call a derived Service without the zone, so a cluster that does not serve it has no broken path. */
export async function dnsHop(
  member: Member,
  key: ServiceKey,
  imported: ServiceImport,
  question: DnsQuestion,
): Promise<Hop> {
  const { zone } = question;
  const hop = hopsOf(member.name);
  if (!member.client) return hop('DNS', 'skipped', 'the member does not respond');
  const site = await readSite(member.client).catch(toError);
  if (site instanceof Error) return hop('DNS', 'skipped', site.message);
  const asked = await askedFrom(member, site, question, probeOf(key, imported, zone));
  const answer = asked instanceof Error ? undefined : asked;
  if (answer?.result === 'ok') return hop('DNS', 'ok', answer.seen);
  const { configuration, rights, found: state } = await checkConfiguration(site, zone, false);
  if (state && state.mode === undefined) return hop('DNS', 'warning', configuration.seen, 'catamaran dns enable');
  // A configuration that cannot be read is wrong only if the answers are.
  if (!state && !answer) return hop('DNS', 'skipped', configuration.seen);
  const inFile = state && [configuration, rights].find(({ result }) => result === 'wrong');
  const wrong = inFile ?? answer;
  if (wrong) return hop('DNS', 'broken', wrong.seen, 'catamaran dns check');
  return hop('DNS', 'ok', `${configuration.seen}; not asked from here`);
}
