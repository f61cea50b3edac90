/** A clusterset as the server of the console would report it: four members, or as many as a test needs. */
import type { Attention, MemberSummary, ServiceDetail, ServiceSummary } from '../../../src/server/console/api-types.ts';

export interface Clusterset {
  members: MemberSummary[];
  services: ServiceSummary[];
}

const RENEWED = '2026-11-28T04:00:00.000000Z';

export function memberSummary(name: string, changes: Partial<MemberSummary> = {}): MemberSummary {
  return {
    name,
    state: 'ready',
    writer: { state: 'active', holder: 'catamaran-7d4b9c-x2x', renewedAt: RENEWED },
    exports: 2,
    imports: 3,
    ...changes,
  };
}

/** Exported by some members, and imported by some; all of them ready unless `changes` says otherwise. */
export function serviceSummary(
  namespace: string,
  name: string,
  exporters: readonly string[],
  importers: readonly string[],
  changes: Partial<ServiceSummary> = {},
): ServiceSummary {
  return {
    namespace,
    name,
    state: 'Ready',
    type: 'ClusterSetIP',
    exports: exporters.map((member) => ({ member, state: 'Exported', ready: 3, total: 3 })),
    imports: importers.map((member) => ({ member, state: 'Ready', ready: 3 * exporters.length })),
    ...changes,
  };
}

const LOST: Partial<MemberSummary> = {
  state: 'unreachable',
  error: 'connect ETIMEDOUT 10.3.0.1:6443',
  lastSeen: '2026-11-28T03:58:12Z',
  writer: { state: 'unknown', error: 'the member does not respond' },
};

export function smallClusterset(): Clusterset {
  const names = ['frankfurt', 'osaka', 'oregon', 'sydney'];
  return {
    members: names.map((name) => memberSummary(name)),
    services: [
      serviceSummary('infra', 'registry', ['oregon'], []),
      serviceSummary('shop', 'cart', ['frankfurt', 'osaka'], names, {
        state: 'Conflict',
        exports: [
          { member: 'frankfurt', state: 'Conflict', reason: 'PortConflict', ready: 3, total: 3 },
          { member: 'osaka', state: 'Conflict', reason: 'PortConflict', ready: 2, total: 3 },
        ],
      }),
      serviceSummary('shop', 'checkout', ['frankfurt'], names),
      serviceSummary('shop', 'search', ['oregon'], names, {
        state: 'NotReady',
        exports: [{ member: 'oregon', state: 'Exported', ready: 0, total: 2 }],
        imports: names.map((member) => ({ member, state: 'NotReady', reason: 'NoneReady', ready: 0 })),
      }),
    ],
  };
}

export const lost = (member: MemberSummary): MemberSummary => ({ ...member, ...LOST });

/** Every member imports every Service, and exports its share of them. */
export function largeClusterset(members: number, services: number): Clusterset {
  const names = Array.from({ length: members }, (_, i) => `cluster-${String(i + 1).padStart(3, '0')}`);
  return {
    members: names.map((name) => memberSummary(name, { exports: Math.ceil(services / members), imports: services })),
    services: Array.from({ length: services }, (_, i) =>
      serviceSummary(
        `team-${String(i % 40).padStart(2, '0')}`,
        `service-${String(i).padStart(5, '0')}`,
        [names[i % members] ?? ''],
        names,
      ),
    ).sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1)),
  };
}

export function attentionOf({ members, services }: Clusterset): Attention[] {
  return [
    ...members
      .filter(({ state }) => state !== 'ready')
      .map(
        ({ name, state, error }): Attention => ({
          kind: 'member',
          member: name,
          state,
          ...(error && { message: error }),
        }),
      ),
    ...services.flatMap(({ namespace, name, exports, imports }) => [
      ...exports
        .filter(({ state }) => state !== 'Exported')
        .map(
          ({ member, state, reason }): Attention => ({
            kind: 'export',
            member,
            namespace,
            name,
            state,
            ...(reason && { reason }),
          }),
        ),
      ...imports
        .filter(({ state }) => state !== 'Ready')
        .map(
          ({ member, state, reason }): Attention => ({
            kind: 'import',
            member,
            namespace,
            name,
            state,
            ...(reason && { reason }),
          }),
        ),
    ]),
  ];
}

export function serviceDetail(summary: ServiceSummary, revision: number): ServiceDetail {
  const { namespace, name, state, exports, imports } = summary;
  const precedence = exports.map(({ member }) => member);
  const [winner = '', ...others] = precedence;
  const isConflict = state === 'Conflict';
  return {
    revision,
    report: {
      namespace,
      name,
      state,
      exports: exports.map(({ member, state: exported, reason, ready, total }) => ({
        member,
        state: exported,
        createdAt: '2026-11-27T09:30:00Z',
        ...(reason !== undefined && { reason, message: `ports: "${winner}" has 80/TCP and wins as the oldest export` }),
        endpoints: { ready, total, refused: 0 },
      })),
      imports: imports.map(({ member, state: imported, reason, managedBy }) => ({
        member,
        state: imported,
        ...(reason !== undefined && { reason, message: 'no endpoint is ready' }),
        ...(managedBy !== undefined && { managedBy }),
        origin: 'automatic',
        type: 'ClusterSetIP',
        ips: ['10.96.14.20'],
        derivedService: `amcs-${name}`,
        endpoints: exports.map((source) => ({ member: source.member, ready: source.ready })),
      })),
    },
    ...(winner !== '' && {
      merge: {
        type: 'ClusterSetIP',
        ports: [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: 'http' }],
        precedence,
        fields: [
          {
            field: 'ports',
            reason: 'PortConflict',
            winner,
            value: 'http 80/TCP',
            others: isConflict ? [{ value: 'http 8080/TCP', members: others }] : [],
          },
          { field: 'type', reason: 'TypeConflict', winner, value: 'ClusterSetIP', others: [] },
          { field: 'sessionAffinity', reason: 'SessionAffinityConflict', winner, value: 'None', others: [] },
          { field: 'ipFamilies', reason: 'IPFamilyConflict', winner, value: 'IPv4', others: [] },
        ],
        ...(isConflict && {
          conflict: {
            reason: 'PortConflict',
            message:
              'ports: "frankfurt" has http 80/TCP and wins as the oldest export; "osaka" has http 8080/TCP (1 of 2 clusters differ)',
          },
        }),
        unknown: [],
      },
    }),
    sources: exports.map(({ member, ready, total }, source) => ({
      member,
      total,
      endpoints: Array.from({ length: total }, (_, i) => ({
        addresses: [`10.${source + 1}.0.${i + 10}`],
        ready: i < ready,
        node: `${member}-node-${(i % 2) + 1}`,
        zone: `zone-${(i % 3) + 1}`,
      })),
    })),
    names: imports.map(({ member }) => ({
      member,
      names: [`amcs-${name}.${namespace}`, `${name}.${namespace}.svc.clusterset.local`],
    })),
    may: { export: true, unexport: true, import: true, unimport: true },
  };
}
