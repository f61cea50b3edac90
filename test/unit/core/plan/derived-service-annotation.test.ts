import { describe, expect, test } from 'vitest';
import type { ServiceImport } from '../../../../src/api/multicluster.ts';
import { departure } from '../../../../src/core/plan/departure.ts';
import type { FleetModel, MemberModel } from '../../../support/core/fleet-model.ts';
import { anImport, aService, at, DERIVED, NAMESPACE } from '../../../support/core/objects.ts';
import { asking, exporting, readiness, readyOf } from '../../../support/core/scenarios.ts';

const KEY = 'multicluster.kubernetes.io/derived-service';

function named({ imported }: MemberModel): string | undefined {
  return imported?.metadata.annotations?.[KEY];
}

/** Sets annotations of an import as another client does, instead of the present ones. */
function annotate(member: MemberModel, annotations: ServiceImport['metadata']['annotations'], manager?: string): void {
  const { imported } = member;
  if (!imported) throw new Error('there is no import');
  const metadata = { ...imported.metadata, annotations };
  member.api.put('serviceImports', JSON.parse(JSON.stringify({ ...imported, metadata })), manager);
}

const HEADLESS = aService({ clusterIP: 'None' });
const SERVED: [string, () => FleetModel][] = [
  ['that Catamaran created', exporting],
  ['that Catamaran created, and is headless', () => exporting(HEADLESS)],
  ['of a user', asking],
  ['of a user, and is headless', () => asking({ type: 'Headless' }, HEADLESS)],
];

describe('rule 29: an import', () => {
  test.each(SERVED)('%s names its derived Service', (_, start) => {
    const cluster2 = start().member('cluster2');
    expect(named(cluster2)).toBe(DERIVED);
    expect(cluster2.derivedService?.metadata.name).toBe(DERIVED);
  });

  test.each(SERVED)('%s gets the name back, and keeps other annotations', (_, start) => {
    const fleet = start();
    const cluster2 = fleet.member('cluster2');
    annotate(cluster2, { 'example.org/note': 'mine' });
    fleet.converge();
    expect(cluster2.imported?.metadata.annotations).toEqual({ 'example.org/note': 'mine', [KEY]: DERIVED });
  });

  test('has the name without a write of its own', () => {
    for (const start of [exporting, asking]) {
      const cluster2 = start().member('cluster2');
      // The import if Catamaran creates it, its Service, one write for each slice, its address and name, its status.
      const slices = cluster2.derivedSlices.length;
      expect(cluster2.api.writes).toBe(slices + (start === exporting ? 4 : 3));
    }
  });

  test('names the Service of a new prefix once it exists', () => {
    for (const start of [exporting, asking]) {
      const fleet = start();
      const cluster2 = fleet.member('cluster2');
      cluster2.set({ prefix: 'mc-' });
      fleet.pass();
      expect(named(cluster2)).toBe(DERIVED);
      fleet.converge();
      expect(named(cluster2)).toBe('mc-web');
    }
  });

  test('of a user that serves nothing names no Service', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    cluster2.set({ importRefusal: 'not allowed here' });
    fleet.converge();
    expect(readyOf(cluster2)).toMatchObject({ reason: 'NotAllowed' });
    expect(cluster2.imported?.metadata.annotations).toEqual({});
  });

  test('never names a Service of another client', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    cluster2.api.remove('services', DERIVED);
    const service = { metadata: { name: DERIVED, namespace: NAMESPACE }, spec: { ports: [{ port: 1 }] } };
    cluster2.api.put('services', service);
    fleet.converge();
    expect(readyOf(cluster2)).toMatchObject({ reason: 'NameConflict' });
    expect(named(cluster2)).toBeUndefined();
  });

  test('of a user keeps a name that the user set, and says so', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    annotate(cluster2, { [KEY]: 'mine' });
    fleet.converge();
    expect(named(cluster2)).toBe('mine');
    expect(readiness(cluster2)).toContain(`Annotation ${KEY} is "mine", which gateways may route to`);
    const writes = cluster2.api.writes;
    fleet.converge();
    expect(cluster2.api.writes).toBe(writes);
    cluster2.set({ importRefusal: 'not allowed here' });
    fleet.converge();
    expect(named(cluster2)).toBe('mine');
  });

  test('of a user whose manifest has the right name has nothing to say about it', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    annotate(cluster2, {});
    annotate(cluster2, { [KEY]: DERIVED });
    fleet.converge();
    expect(readiness(cluster2)).not.toContain('Annotation');
  });

  test('that Catamaran created gets its name back if another client changes it', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    annotate(cluster2, { [KEY]: 'mine' });
    fleet.converge();
    expect(named(cluster2)).toBe(DERIVED);
  });

  test('that another implementation manages keeps the name that it has there', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    annotate(cluster2, { [KEY]: 'derived-abc' }, 'cilium-operator');
    const { imported } = cluster2;
    const status = { ...imported?.status, clusters: [{ cluster: 'other' }] };
    cluster2.api.put('serviceImports', JSON.parse(JSON.stringify({ ...imported, status })), 'cilium-operator');
    fleet.converge();
    expect(named(cluster2)).toBe('derived-abc');
    expect(readyOf(cluster2)).toBeUndefined();
  });

  test('that is being deleted names no Service', () => {
    for (const start of [exporting, asking]) {
      const fleet = start();
      const cluster2 = fleet.member('cluster2');
      const metadata = { ...cluster2.imported?.metadata, deletionTimestamp: at(9), finalizers: ['example.org/hold'] };
      cluster2.api.put('serviceImports', JSON.parse(JSON.stringify({ ...cluster2.imported, metadata })));
      fleet.converge();
      expect(readyOf(cluster2)).toMatchObject({ reason: 'Terminating' });
      expect(cluster2.imported?.metadata.annotations).toEqual({});
    }
  });

  test('of a user loses the name when its member leaves the fleet', () => {
    const fleet = asking();
    const cluster2 = fleet.member('cluster2');
    for (let changes = departure(fleet.consumer('cluster2'), undefined); changes.length > 0; ) {
      cluster2.api.apply(changes);
      changes = departure(fleet.consumer('cluster2'), undefined);
    }
    expect(cluster2.imported?.metadata.annotations).toEqual({});
    expect(cluster2.imported?.spec).toEqual(anImport().spec);
  });
});
