import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import { desired } from '../../../src/core/desired/desired.ts';
import { isReserved } from '../../../src/core/merge/exported-keys.ts';
import { merge, seenBy } from '../../../src/core/merge/merge.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { SourceView } from '../../../src/core/view.ts';
import type { ServiceView } from '../../../src/fleet/views.ts';
import { exported, MEMBERS, type Step, service, slices, steps } from '../../support/core/arbitraries.ts';
import { FleetModel, type MemberModel } from '../../support/core/fleet-model.ts';
import { anExport, at, NOW } from '../../support/core/objects.ts';

// Many random fleets, on a machine that may have other work.
vi.setConfig({ testTimeout: 60_000 });

const DERIVED_SERVICE = 'multicluster.kubernetes.io/derived-service';
const OURS = new Set(['catamaran.dev/import-origin', 'catamaran.dev/exported-keys', DERIVED_SERVICE]);

function aFleet(): FleetModel {
  const fleet = new FleetModel();
  for (const name of MEMBERS) fleet.member(name);
  return fleet;
}

function settled(happened: readonly Step[]): FleetModel {
  const fleet = aFleet();
  for (const { happen } of happened) {
    happen(fleet);
    fleet.converge();
  }
  return fleet;
}

/** What a consumer has, without what every write moves. */
function holdings(member: MemberModel): unknown {
  return {
    import: member.imported && { spec: member.imported.spec, labels: member.imported.metadata.labels },
    clusters: member.imported?.status?.clusters,
    service: member.derivedService?.spec,
    slices: member.derivedSlices.map(({ metadata, addressType, endpoints, ports }) => ({
      name: metadata.name,
      labels: metadata.labels,
      addressType,
      endpoints,
      ports,
    })),
  };
}

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  return items
    .map((item, index) => ({ item, rank: (Math.imul(index + 1, 2_654_435_761) ^ seed) >>> 0 }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

function reordered(source: SourceView, seed: number): SourceView {
  if (source.standing === 'unknown') return source;
  const { service } = source;
  return {
    ...source,
    slices: shuffled(source.slices, seed),
    ...(service && {
      service: { ...service, spec: { ...service.spec, ports: shuffled(service.spec.ports ?? [], seed) } },
    }),
  };
}

/** The view of a fleet with everything that has no order in another one. */
function reorderedView(fleet: FleetModel, name: string, seed: number): ServiceView {
  const consumer = fleet.consumer(name);
  const sources = shuffled(fleet.sources(), seed).map((source) => reordered(source, seed));
  const records = new Map(shuffled([...fleet.records()], seed));
  return {
    clusterset: seenBy(merge(sources, shuffled(fleet.lastSources(), seed), records), name),
    consumer: {
      ...consumer,
      derivedSlices: shuffled(consumer.derivedSlices, seed),
      foreignSlices: shuffled(consumer.foreignSlices, seed),
    },
  };
}

const planned = ({ clusterset, consumer }: ServiceView) => plan(consumer, desired(clusterset, consumer), NOW);

describe('whatever happens', () => {
  test('a few passes lead to an empty plan, and every write is one that an API server takes', () => {
    fc.assert(
      fc.property(steps, (happened) => {
        const fleet = aFleet();
        for (const { happen } of happened) {
          happen(fleet);
          expect(fleet.converge()).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 160 },
    );
  });

  test('several things at once settle as well', () => {
    fc.assert(
      fc.property(steps, (happened) => {
        const fleet = aFleet();
        for (const { happen } of happened) happen(fleet);
        expect(fleet.converge()).toBeLessThanOrEqual(5);
      }),
      { numRuns: 80 },
    );
  });

  test('what a user wrote into an import stays, but for addresses and status', () => {
    fc.assert(
      fc.property(steps, (happened) => {
        const fleet = aFleet();
        const written = new Map<string, JsonObject | undefined>();
        for (const { what, happen } of happened) {
          happen(fleet);
          for (const { name, api } of fleet.members) {
            if (what.startsWith(`${name} imports {`)) written.set(name, api.get('serviceImports', 'web'));
            if (what === `${name} deletes its import`) written.delete(name);
          }
          fleet.converge();
        }
        for (const { name, imported } of fleet.members) {
          const before = written.get(name);
          if (!before) continue;
          const addressless = (spec: unknown) => ({ ...Object(spec), ips: 0, ipFamilies: 0 });
          expect(addressless(imported?.spec)).toEqual(addressless(before.spec));
          expect(imported?.metadata.labels).toEqual({ owner: 'me' });
          const { [DERIVED_SERVICE]: _, ...annotations } = imported?.metadata.annotations ?? {};
          expect(annotations).toEqual({ a: 'b' });
        }
      }),
      { numRuns: 80 },
    );
  });

  test('the state of every consumer is consistent', () => {
    fc.assert(
      fc.property(steps, (happened) => {
        const active = settled(happened).members.filter(({ settings }) => settings.namespace === 'Active');
        for (const { imported, derivedService, derivedSlices, derivedName } of active) {
          const keys = Object.keys({ ...imported?.metadata.labels, ...imported?.metadata.annotations });
          expect(keys.filter((key) => isReserved(key) && !OURS.has(key))).toEqual([]);
          const ready = imported?.status?.conditions?.find(({ type }) => type === 'Ready');
          if (!imported) expect(derivedSlices).toEqual([]);
          if (ready?.status === 'True') {
            const ips = derivedService?.spec.clusterIPs?.filter((ip) => ip !== 'None') ?? [];
            expect(imported?.spec.ips ?? []).toEqual(ips);
            expect(imported?.spec.ipFamilies).toEqual(derivedService?.spec.ipFamilies);
            expect(imported?.metadata.annotations?.[DERIVED_SERVICE]).toBe(derivedService?.metadata.name);
          }
          const names = new Set(derivedService?.spec.ports?.map(({ name }) => name ?? ''));
          for (const slice of derivedSlices) {
            expect(slice.metadata.labels).toMatchObject({ 'kubernetes.io/service-name': derivedName });
            expect(slice.ports?.every(({ name }) => names.has(name ?? ''))).toBe(true);
            expect(derivedService?.spec.ipFamilies).toContain(slice.addressType);
            for (const { addresses } of slice.endpoints) {
              expect(addresses).not.toContain('127.0.0.1');
              expect(addresses).not.toContain('169.254.1.1');
            }
          }
        }
      }),
      { numRuns: 120 },
    );
  });
});

test('a process that dies between any two writes leaves what the next one completes', () => {
  const survive = (happened: readonly Step[], writes: readonly number[]) => {
    const fleet = aFleet();
    for (const { happen } of happened) {
      happen(fleet);
      for (const count of writes) {
        for (const member of fleet.members) member.api.apply(fleet.plan(member.name).slice(0, count));
      }
      fleet.converge();
    }
    return fleet.members.map((member) =>
      JSON.stringify(holdings(member)).replaceAll(/10\.96\.\d+\.\d+|fd00::\w+/g, 'VIP'),
    );
  };
  fc.assert(
    fc.property(steps, fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 5 }), (happened, writes) => {
      expect(survive(happened, writes)).toEqual(survive(happened, []));
    }),
    { numRuns: 80 },
  );
});

test('no order of sources, ports, slices or names changes a plan', () => {
  fc.assert(
    fc.property(steps, fc.integer(), (happened, seed) => {
      const fleet = aFleet();
      const compare = () => {
        for (const { name } of fleet.members) {
          expect(planned(reorderedView(fleet, name, seed))).toEqual(planned(fleet.view(name)));
        }
      };
      for (const { happen } of happened) {
        happen(fleet);
        compare();
        fleet.pass();
        compare();
      }
    }),
    { numRuns: 80 },
  );
});

test('rule 20: sources that become unknown take nothing away and change no merged field', () => {
  fc.assert(
    fc.property(steps, fc.subarray([...MEMBERS], { minLength: 1 }), (happened, lost) => {
      const fleet = settled(happened);
      for (const { name, settings } of fleet.members)
        fleet.member(name).set({ expired: false, reachable: settings.reachable });
      fleet.converge();
      const before = fleet.members.map(holdings);
      for (const name of lost) fleet.member(name).set({ known: false, reachable: false });
      for (const { name } of fleet.members) {
        const other = fleet.plan(name).filter(({ stage }) => stage !== 'status');
        expect(other).toEqual([]);
      }
      fleet.converge();
      expect(fleet.members.map(holdings)).toEqual(before);
      for (const name of lost) fleet.member(name).set({ known: true, reachable: true });
      fleet.converge();
      expect(fleet.members.map(holdings)).toEqual(before);
    }),
    { numRuns: 120 },
  );
});

test('rule 2: the oldest export wins among those that nobody has served yet, whatever the order of arrival', () => {
  const exporter = fc.record({ exported, service, slices });
  fc.assert(
    fc.property(fc.array(exporter, { minLength: 3, maxLength: 3 }), fc.integer(), (exporters, seed) => {
      const arrive = (order: readonly number[]) => {
        const fleet = aFleet();
        for (const index of order) {
          const { exported, service, slices } = exporters[index] ?? {
            exported: anExport(),
            service: undefined,
            slices: [],
          };
          const metadata = { ...exported.metadata, creationTimestamp: at(index) };
          fleet.member(`cluster${3 - index}`).export({ ...exported, metadata }, service, slices);
        }
        fleet.converge();
        return fleet.members.map(({ imported, exported }) => ({
          spec: { ...imported?.spec, ips: imported?.spec.ips?.length },
          labels: imported?.metadata.labels,
          clusters: imported?.status?.clusters,
          conditions: exported?.status?.conditions,
        }));
      };
      expect(arrive(shuffled([0, 1, 2], seed))).toEqual(arrive([0, 1, 2]));
    }),
    { numRuns: 40 },
  );
});
