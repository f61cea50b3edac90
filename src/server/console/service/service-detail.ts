/** One Service: its report, how its exports are merged, and their endpoints. */
import type { ServiceKey } from '../../../api/meta.ts';
import { fieldsOf } from '../../../core/merge/conflicts.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Member } from '../../../fleet/member.ts';
import { serviceReport } from '../../../inspect/service-report.ts';
import { namesToCall } from '../../../sharing/names-to-call.ts';
import type { EndpointView, MergeView, Rights, ServiceDetail, SourceEndpoints } from '../api-types.ts';
import { membersOf } from '../rows/member-summaries.ts';

const MOST_ENDPOINTS = 200;

function* endpointsIn({ cache }: Member, key: ServiceKey): Generator<EndpointView> {
  for (const { endpoints, refused } of cache.sourceSlices(key)) {
    for (const { addresses, conditions, hostname, nodeName, zone } of endpoints) {
      yield {
        addresses: addresses.slice(0, 4),
        ready: conditions?.ready !== false,
        ...(conditions?.terminating && { terminating: true }),
        ...(hostname !== undefined && { hostname }),
        ...(nodeName !== undefined && { node: nodeName }),
        ...(zone !== undefined && { zone }),
      };
    }
    for (const { address, kind } of refused) yield { addresses: [address], ready: false, refused: kind };
  }
}

function sourceEndpoints(member: Member, key: ServiceKey): SourceEndpoints {
  const endpoints: EndpointView[] = [];
  let total = 0;
  for (const each of endpointsIn(member, key)) if (++total <= MOST_ENDPOINTS) endpoints.push(each);
  return { member: member.name, endpoints, total };
}

function mergeView(fleet: Fleet, key: ServiceKey, consumer: Member, now: number): MergeView | undefined {
  const { merged, exports, missing } = fleet.view(key, consumer, now).clusterset;
  if (!merged) return undefined;
  const { type, ports, members, conflict } = merged;
  return {
    type,
    ports,
    precedence: members,
    fields: fieldsOf(exports.valid),
    ...(conflict && { conflict }),
    unknown: missing,
  };
}

/** Undefined if no member exports or imports it. `now` is in ms since the epoch. */
export function serviceDetail(
  fleet: Fleet,
  key: ServiceKey,
  may: Rights,
  now: number,
): Omit<ServiceDetail, 'revision'> | undefined {
  const report = serviceReport(fleet, key);
  if (report.exports.length + report.imports.length === 0) return undefined;
  const members = membersOf(fleet);
  const [consumer] = members;
  const merge = consumer && mergeView(fleet, key, consumer, now);
  const { clustersetDomain } = fleet.config;
  return {
    report,
    ...(merge && { merge }),
    sources: members.filter(({ cache }) => cache.exports.get(key)).map((member) => sourceEndpoints(member, key)),
    names: members
      .filter(({ cache }) => cache.imports.get(key))
      .map(({ name: member, config }) => ({
        member,
        names: namesToCall(key, config.derivedPrefix, clustersetDomain),
      })),
    may,
  };
}
