import { describe, expect, test } from 'vitest';
import type { ServiceImport } from '../../../../src/api/multicluster.ts';
import { desired } from '../../../../src/core/desired/desired.ts';
import type { ConditionSet } from '../../../../src/core/plan/conditions.ts';
import { importConditions, importStatusPatch } from '../../../../src/core/plan/import-status.ts';
import type { ConsumerView } from '../../../../src/core/view.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anEndpoint, anImport, aSlice, DERIVED, HTTP, NOW } from '../../../support/core/objects.ts';
import { ADMIN, asking, exporting, joinedBy } from '../../../support/core/scenarios.ts';

describe('the status of an import', () => {
  test('rule 8: every import says that its slices are there, and which clusters it is from', () => {
    const fleet = joinedBy(exporting());
    expect(fleet.member('cluster2').imported?.status).toMatchObject({
      endpointSliceObjects: 'Present',
      clusters: [{ cluster: 'cluster1' }, { cluster: 'cluster3' }],
    });
    const lone = new FleetModel();
    lone.member('cluster2').import(anImport());
    lone.converge();
    expect(lone.member('cluster2').imported?.status).toMatchObject({ endpointSliceObjects: 'Present' });
  });
});

describe('the conditions of an import', () => {
  /** An import that is ready, as its consumer sees it; with changes to it. */
  function conditionsOf(
    fleet: FleetModel,
    { consumer: seen = {} }: { readonly consumer?: Partial<ConsumerView> } = {},
  ) {
    const consumer = { ...fleet.consumer('cluster2'), ...seen };
    const wanted = desired(fleet.clusterset(), consumer);
    const { import: observed } = consumer;
    if (!wanted || !observed || wanted.import === 'absent' || wanted.import === 'undecided')
      throw new Error('there is no import');
    return importConditions({ consumer, wanted, imported: wanted.import, observed });
  }
  const imported = (fleet: FleetModel) => {
    const found = fleet.member('cluster2').imported;
    if (!found) throw new Error('there is no import');
    return found;
  };
  const ready = (status: 'True' | 'False', reason: string, message: string) => ({
    type: 'Ready',
    status,
    reason,
    message,
  });
  const UP_TO_DATE = ready('True', 'Ready', 'Derived Service "amcs-web" is up to date');
  const SOURCES = 'catamaran.dev/SourcesReachable';
  const AVAILABLE = 'catamaran.dev/EndpointsAvailable';
  const MANAGED = 'catamaran.dev/Managed';
  const unreachable = (message: string) => ({ type: SOURCES, status: 'False', reason: 'MemberUnreachable', message });

  test('that is served', () => {
    expect(conditionsOf(exporting())).toEqual({ types: ['Ready', SOURCES, AVAILABLE, MANAGED], drafts: [UP_TO_DATE] });
  });

  test('whose Service is not there yet', () => {
    const fleet = exporting();
    fleet.member('cluster2').api.remove('services', DERIVED);
    expect(conditionsOf(fleet).drafts).toEqual([ready('False', 'Pending', 'Service "amcs-web" is being created')]);
  });

  test('whose addresses are not written yet', () => {
    const fleet = exporting();
    const { ips: _, ...spec } = imported(fleet).spec;
    const pending = [ready('False', 'Pending', 'spec.ips is being written')];
    expect(conditionsOf(fleet, { consumer: { import: { ...imported(fleet), spec } } }).drafts).toEqual(pending);
    const wrong = { ...imported(fleet), spec: { ...spec, ips: ['10.9.9.9'] } };
    expect(conditionsOf(fleet, { consumer: { import: wrong } }).drafts).toEqual(pending);
  });

  test('whose slices are not there yet, unless it was ready before', () => {
    const fleet = exporting();
    expect(conditionsOf(fleet, { consumer: { derivedSlices: [] } }).drafts).toEqual([UP_TO_DATE]);
    const pending = [ready('False', 'Pending', 'EndpointSlices are being created')];
    const { status: _, ...bare } = imported(fleet);
    expect(conditionsOf(fleet, { consumer: { derivedSlices: [], import: bare } }).drafts).toEqual(pending);
    const clustersOnly = { ...bare, status: { clusters: [] } };
    expect(conditionsOf(fleet, { consumer: { derivedSlices: [], import: clustersOnly } }).drafts).toEqual(pending);
    const [condition] = imported(fleet).status?.conditions ?? [];
    if (!condition) throw new Error('it has no condition');
    for (const other of [
      { ...condition, status: 'False' as const },
      { ...condition, type: 'Other' },
    ]) {
      const before = { ...bare, status: { conditions: [other] } };
      expect(conditionsOf(fleet, { consumer: { derivedSlices: [], import: before } }).drafts).toEqual(pending);
    }
    const both = { ...bare, status: { conditions: [{ ...condition, type: 'Other' }, condition] } };
    expect(conditionsOf(fleet, { consumer: { derivedSlices: [], import: both } }).drafts).toEqual([UP_TO_DATE]);
    const { derivedSlices } = fleet.consumer('cluster2');
    expect(conditionsOf(fleet, { consumer: { derivedSlices, import: bare } }).drafts).toEqual([UP_TO_DATE]);
    expect(conditionsOf(fleet, { consumer: { derivedSlices: derivedSlices.slice(1), import: bare } }).drafts).toEqual(
      pending,
    );
  });

  test('rule 43: report a brief outage only if no other member has ready endpoints', () => {
    const fleet = joinedBy(exporting());
    const conditions = (brief: boolean) => {
      const consumer = fleet.consumer('cluster2');
      const clusterset = { ...fleet.clusterset(), brief: new Set(brief ? ['cluster1', 'cluster3'] : []) };
      const wanted = desired(clusterset, consumer);
      const { import: observed } = consumer;
      if (!wanted || !observed || wanted.import === 'absent' || wanted.import === 'undecided')
        throw new Error('there is no import');
      return importConditions({ consumer, wanted, imported: wanted.import, observed });
    };
    fleet.member('cluster1').set({ reachable: false });
    // Whatever was reported before stays, so a restart or a member that comes and goes causes no writes.
    expect(conditions(true)).toMatchObject({ types: ['Ready', AVAILABLE, MANAGED], drafts: [{ type: 'Ready' }] });
    expect(conditions(false).drafts).toContainEqual(unreachable('Cannot reach "cluster1"; its endpoints are kept'));
    const ready = fleet.member('cluster3').slices;
    fleet.member('cluster3').slices = [aSlice('web-1', [anEndpoint('10.3.0.1', { conditions: { ready: false } })])];
    expect(conditions(true).drafts).toContainEqual(unreachable('Cannot reach "cluster1"; its endpoints are kept'));
    fleet.member('cluster3').slices = ready;
    fleet.member('cluster3').set({ reachable: false });
    expect(conditions(true).drafts).toContainEqual(
      unreachable('Cannot reach "cluster1", "cluster3"; their endpoints are kept'),
    );
  });

  test('rule 43: name the members that are out of reach, and what became of their endpoints', () => {
    const fleet = joinedBy(exporting());
    const message = () => conditionsOf(fleet).drafts.find(({ type }) => type === SOURCES);
    expect(message()).toBeUndefined();
    fleet.member('cluster1').set({ reachable: false });
    expect(message()).toEqual(unreachable('Cannot reach "cluster1"; its endpoints are kept'));
    fleet.member('cluster3').set({ reachable: false });
    expect(message()).toEqual(unreachable('Cannot reach "cluster1", "cluster3"; their endpoints are kept'));
    fleet.member('cluster3').set({ expired: true });
    expect(message()).toEqual(
      unreachable(
        'Cannot reach "cluster1"; its endpoints are kept. Cannot reach "cluster3"; its endpoints have expired',
      ),
    );
    fleet.member('cluster1').set({ known: false });
    expect(message()).toEqual(
      unreachable(
        'Cannot reach "cluster1"; its endpoints are kept. Cannot reach "cluster3"; its endpoints have expired',
      ),
    );
    fleet.member('cluster1').set({ expired: true });
    expect(message()).toEqual(unreachable('Cannot reach "cluster1", "cluster3"; their endpoints are kept'));
  });

  test('rule 20: leave Ready alone while its reason cannot be decided', () => {
    const fleet = asking({ ports: [HTTP, ADMIN] });
    fleet.member('cluster1').set({ known: false });
    expect(conditionsOf(fleet)).toEqual({
      types: [SOURCES, AVAILABLE, MANAGED],
      drafts: [unreachable('Cannot reach "cluster1"; its endpoints are kept')],
    });
  });
});

describe('the write of a status', () => {
  const NONE = { types: [], drafts: [] };

  function patchOf(fleet: FleetModel, status: ServiceImport['status'], conditions: ConditionSet = NONE) {
    const consumer = fleet.consumer('cluster2');
    const wanted = desired(fleet.clusterset(), consumer);
    if (!wanted || !consumer.import || wanted.import === 'absent' || wanted.import === 'undecided')
      throw new Error('there is no import');
    const { status: _, ...bare } = consumer.import;
    const observed = { ...bare, ...(status && { status }) };
    return importStatusPatch({ consumer, wanted, imported: wanted.import, observed }, conditions, NOW);
  }

  const clusters = [{ cluster: 'cluster1' }];
  const upToDate: ServiceImport['status'] = { endpointSliceObjects: 'Present', clusters };

  test('is of what differs', () => {
    const fleet = exporting();
    expect(patchOf(fleet, upToDate)).toBeUndefined();
    expect(patchOf(fleet, undefined)).toStrictEqual({ status: { endpointSliceObjects: 'Present', clusters } });
    expect(patchOf(fleet, { clusters })).toStrictEqual({ status: { endpointSliceObjects: 'Present' } });
    expect(patchOf(fleet, { ...upToDate, clusters: [{ cluster: 'old' }] })).toStrictEqual({ status: { clusters } });
    const drafts = [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' } as const];
    expect(patchOf(fleet, upToDate, { types: ['Ready'], drafts })).toMatchObject({
      status: { conditions: [{ type: 'Ready', lastTransitionTime: NOW }] },
    });
  });

  test('rule 20: keeps the clusters while a member is unknown', () => {
    const fleet = joinedBy(exporting());
    fleet.member('cluster1').set({ known: false });
    expect(patchOf(fleet, upToDate)).toBeUndefined();
    expect(patchOf(fleet, { endpointSliceObjects: 'Present' })).toBeUndefined();
  });

  test('has no clusters if nothing is exported', () => {
    const fleet = asking();
    fleet.member('cluster1').unexport();
    expect(patchOf(fleet, upToDate)).toStrictEqual({ status: { clusters: [] } });
    expect(patchOf(fleet, undefined)).toStrictEqual({ status: { endpointSliceObjects: 'Present' } });
  });
});
