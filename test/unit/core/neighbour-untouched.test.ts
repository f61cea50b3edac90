/**
 * Whatever one member sends, what others serve stays. `NEIGHBOUR_RUNS=1000000` sets the number of cases.
 */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { Service } from '../../../src/api/core.ts';
import type { EndpointSlice } from '../../../src/api/endpoint-slice.ts';
import type { IPFamily } from '../../../src/api/meta.ts';
import type { ServiceExport } from '../../../src/api/multicluster.ts';
import { imported, service, slices } from '../../support/core/arbitraries.ts';
import { FleetModel, type MemberModel } from '../../support/core/fleet-model.ts';
import { routesTo } from '../../support/core/kube-proxy-model.ts';
import { anExport } from '../../support/core/objects.ts';

const RUNS = Number(process.env.NEIGHBOUR_RUNS ?? 10_000);
vi.setConfig({ testTimeout: 60_000 + RUNS * 100 });

const HONEST = 'honest';
const HOSTILE = 'hostile';
const CONSUMERS = [HONEST, 'consumer'] as const;

const exported: fc.Arbitrary<ServiceExport> = fc
  .record({
    exportedLabels: fc.dictionary(
      fc.constantFrom('team', 'kubernetes.io/x', '-bad'),
      fc.constantFrom('a', 'not a value'),
    ),
    exportedAnnotations: fc.dictionary(fc.constantFrom('note', 'x/y/z'), fc.constantFrom('1', 'any text')),
  })
  .map((spec) => anExport(spec));

/** Dates that an API server would never assign, too. */
const date = fc.constantFrom(
  '1980-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '2026-01-01T00:00:03Z',
  '9999-12-31T23:59:59Z',
  'yesterday',
  undefined,
);

interface Move {
  readonly what: string;
  readonly make: (hostile: MemberModel) => void;
}

function move(what: string, make: Move['make']): Move {
  return { what, make, toString: () => what } as Move;
}

function dated({ metadata, ...rest }: ServiceExport, creationTimestamp: string | undefined): ServiceExport {
  const { creationTimestamp: _, ...others } = metadata;
  return { ...rest, metadata: { ...others, ...(creationTimestamp !== undefined && { creationTimestamp }) } };
}

const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(exported, date, fc.option(service, { freq: 6, nil: undefined }), slices)
        .map(([export_, created, service_, slices_]) =>
          move(`exports ${created} ${JSON.stringify(service_?.spec)} ${JSON.stringify(slices_)}`, (hostile) => {
            hostile.export(dated(export_, created), service_, slices_);
          }),
        ),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(imported, fc.array(fc.constantFrom(HOSTILE, HONEST, 'consumer', 'nobody'), { maxLength: 4 }))
        .map(([import_, clusters]) =>
          move(`claims to serve ${clusters}`, (hostile) => {
            const status = { clusters: clusters.map((cluster) => ({ cluster })) };
            hostile.import({ ...(hostile.imported ?? import_), status });
          }),
        ),
    },
    fc.constant(move('withdraws', (hostile) => hostile.unexport())),
    fc.constant(move('deletes its import', (hostile) => hostile.api.remove('serviceImports', 'web'))),
  ),
  { minLength: 1, maxLength: 4 },
);

const isValid = ({ spec, metadata }: Service) =>
  spec.type !== 'ExternalName' && !metadata.deletionTimestamp && !metadata.labels;

const families = fc.constantFrom<readonly IPFamily[]>(['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']);

/** What a consumer gets from the honest export, apart from names of ports that had none. */
function served(member: MemberModel) {
  const { imported: held, derivedService } = member;
  const { type, ips, ipFamilies, sessionAffinity, sessionAffinityConfig, internalTrafficPolicy, trafficDistribution } =
    held?.spec ?? {};
  const { labels, annotations } = held?.metadata ?? {};
  const rules = { sessionAffinity, sessionAffinityConfig, internalTrafficPolicy, trafficDistribution };
  return {
    import: { type, ips, ipFamilies, ...rules, labels, annotations },
    uid: derivedService?.metadata.uid,
    routes: routesTo(HONEST, member),
  };
}

/** The named ports of a derived Service. */
function namedPorts({ derivedService }: MemberModel): readonly unknown[] {
  return (derivedService?.spec.ports ?? []).filter(({ name }) => Boolean(name));
}

/** More than any move needs. */
const MAX_PASSES = 20;

/**
 * A process that plans for every member, and may end after any number of writes; the next one continues, until nothing
 * changes. `wrote` is called after each write.
 */
function reconcile(fleet: FleetModel, crashes: readonly number[], wrote: () => void): void {
  const pass = (maxWrites: number): number => {
    let writes = 0;
    for (const { name, api } of fleet.members) {
      for (const change of fleet.plan(name).slice(0, maxWrites)) {
        api.apply([change]);
        writes += 1;
        wrote();
      }
    }
    return writes;
  };
  for (const count of crashes) pass(count);
  for (let passes = 1; pass(Number.POSITIVE_INFINITY) > 0; passes++) {
    if (passes === MAX_PASSES) throw new Error(`still writing after ${MAX_PASSES} passes`);
  }
}

interface Honest {
  readonly export: ServiceExport;
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

const honest: fc.Arbitrary<Honest> = fc.record({ export: exported, service: service.filter(isValid), slices });

test('rule 33: whatever a member exports or claims, what others serve stays, through restarts', () => {
  fc.assert(
    fc.property(
      honest,
      fc.array(families, { minLength: 3, maxLength: 3 }),
      moves,
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      (mine, networks, happened, crashes) => {
        const fleet = new FleetModel();
        for (const [index, name] of [...CONSUMERS, HOSTILE].entries()) {
          fleet.member(name, { ipFamilies: networks[index] ?? ['IPv4'] });
        }
        fleet.member(HONEST).export(mine.export, mine.service, mine.slices);
        fleet.converge();
        const members = CONSUMERS.map((name) => fleet.member(name));
        const before = members.map(served);
        const ports = members.map(namedPorts);
        for (const { make } of happened) {
          make(fleet.member(HOSTILE));
          reconcile(fleet, crashes, () => {
            for (const [index, member] of members.entries()) {
              expect(routesTo(HONEST, member)).toEqual(before[index]?.routes);
            }
          });
          expect(members.map(served)).toEqual(before);
          for (const [index, member] of members.entries()) {
            expect(namedPorts(member)).toEqual(expect.arrayContaining([...(ports[index] ?? [])]));
          }
        }
      },
    ),
    { numRuns: RUNS },
  );
});
