import { describe, expect, test } from 'vitest';
import type { ServiceExport } from '../../../../src/api/multicluster.ts';
import { classifyExports } from '../../../../src/core/merge/exports.ts';
import { merge } from '../../../../src/core/merge/merge.ts';
import type { KnownSource, SourceView } from '../../../../src/core/view.ts';
import { anEndpoint, anExport, aService, aSlice, at, NAME } from '../../../support/core/objects.ts';
import { conditionOf, exporting, joinedBy } from '../../../support/core/scenarios.ts';
import { aSource } from '../../../support/core/sources.ts';

describe('exports', () => {
  test.each([
    ['no Service', undefined, 'NoService', 'Pending'],
    ['a Service that is being deleted', aService({}, { deletionTimestamp: at(9) }), 'NoService', 'Pending'],
    ['an ExternalName Service', aService({ type: 'ExternalName' }), 'InvalidServiceType', 'Failed'],
    [
      'a derived Service',
      aService(
        {},
        {
          labels: { 'catamaran.dev/derived-from': 'x' },
          ownerReferences: [
            { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport', name: 'x', uid: 'uid' },
          ],
        },
      ),
      'InvalidServiceType',
      'Failed',
    ],
  ])('rule 1: an export of %s takes no part, and says so', (_, service, reason, readyReason) => {
    const fleet = exporting();
    fleet.member('cluster3').export(anExport(), service, [aSlice('web-1', [anEndpoint('10.3.0.1')])]);
    fleet.converge();
    const cluster3 = fleet.member('cluster3');
    expect(conditionOf(cluster3, 'exported', 'Valid')).toMatchObject({ status: 'False', reason });
    expect(conditionOf(cluster3, 'exported', 'Ready')).toMatchObject({ status: 'False', reason: readyReason });
    expect(conditionOf(cluster3, 'exported', 'Conflict')).toBeUndefined();
    expect(fleet.member('cluster2').imported?.status?.clusters).toEqual([{ cluster: 'cluster1' }]);
    expect(fleet.member('cluster2').addresses).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('rule 1: an export that turns invalid loses its Conflict condition', () => {
    const fleet = joinedBy(exporting());
    expect(conditionOf(fleet.member('cluster3'), 'exported', 'Conflict')).toMatchObject({ status: 'False' });
    fleet.member('cluster3').api.remove('services', NAME);
    fleet.converge();
    expect(conditionOf(fleet.member('cluster3'), 'exported', 'Conflict')).toBeUndefined();
  });

  test('rule 33: an older export that arrives later displaces nothing, until the first one withdraws', () => {
    const rich = aService({ sessionAffinity: 'ClientIP', trafficDistribution: 'PreferClose' });
    const fleet = joinedBy(exporting(), rich, at(-60));
    const { imported } = fleet.member('cluster2');
    expect(imported?.spec).toMatchObject({ sessionAffinity: 'None' });
    expect(imported?.spec).not.toHaveProperty('trafficDistribution');
    expect(imported?.status?.clusters).toEqual([{ cluster: 'cluster1' }, { cluster: 'cluster3' }]);
    expect(conditionOf(fleet.member('cluster3'), 'exported', 'Conflict')?.message).toContain(
      '"cluster1" has None and wins because it was served first',
    );
    const { exported } = fleet.member('cluster1');
    fleet.member('cluster1').unexport();
    fleet.converge();
    if (exported) fleet.member('cluster1').export(exported, aService());
    fleet.converge();
    expect(fleet.member('cluster2').imported?.status?.clusters).toEqual([
      { cluster: 'cluster3' },
      { cluster: 'cluster1' },
    ]);
    expect(fleet.member('cluster2').imported?.spec).toMatchObject({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
      trafficDistribution: 'PreferClose',
    });
  });

  test('rule 2: of exports of the same second the member name decides', () => {
    const fleet = joinedBy(exporting(), aService({ trafficDistribution: 'PreferClose' }), at(0));
    expect(fleet.member('cluster2').imported?.spec.trafficDistribution).toBeUndefined();
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'Conflict')?.message).toContain(
      '"cluster1" has none and wins',
    );
  });
});

describe('merging', () => {
  const source = (member: string, created: string | undefined): KnownSource & { readonly export: ServiceExport } => {
    const { creationTimestamp: _, ...metadata } = anExport().metadata;
    const exported = { ...anExport(), metadata: { ...metadata, ...(created && { creationTimestamp: created }) } };
    return { ...aSource({ member }), export: exported };
  };

  test('names who exports, in order of precedence', () => {
    const { merged } = merge([source('a', at(1)), source('b', at(0))]);
    expect(merged?.members).toEqual(['b', 'a']);
  });

  test('puts an export without a time last, and compares times as times', () => {
    const order = (...sources: readonly SourceView[]) => classifyExports(sources).valid.map(({ member }) => member);
    expect(order(source('a', undefined), source('b', at(5)))).toEqual(['b', 'a']);
    expect(order(source('a', undefined), source('b', undefined))).toEqual(['a', 'b']);
    expect(order(source('b', at(0)), source('c', at(0)), source('a', at(0)))).toEqual(['a', 'b', 'c']);
    expect(order(source('a', '2026-01-01T01:00:00+02:00'), source('b', '2025-12-31T23:00:01Z'))).toEqual(['a', 'b']);
  });

  test('tells valid exports from those that are not, and names an object as far as it can', () => {
    const { namespace: _, ...metadata } = anExport().metadata;
    const { service: __, ...lonely } = source('b', at(0));
    const exports = classifyExports([source('a', at(0)), { ...lonely, export: { ...lonely.export, metadata } }]);
    expect(exports.valid.map(({ member }) => member)).toEqual(['a']);
    expect(exports.invalid.map(({ member, message }) => [member, message])).toEqual([
      ['b', 'Service "/web" does not exist'],
    ]);
  });

  test('takes no part of an export that is being deleted', () => {
    const going = source('a', at(0));
    const metadata = { ...going.export.metadata, deletionTimestamp: at(9) };
    const exports = { valid: [], invalid: [] };
    expect(merge([{ ...going, export: { ...going.export, metadata } }])).toMatchObject({ exports, merged: undefined });
    expect(merge([]).merged).toBeUndefined();
  });

  test('tells members that are unknown from those of them that took part, and those whose endpoints expired', () => {
    const unknown = (member: string, expired = false): SourceView => ({ member, standing: 'unknown', expired });
    const sources = [
      source('a', at(0)),
      unknown('d'),
      unknown('c'),
      unknown('e', true),
      { ...source('f', at(1)), standing: 'expired' as const },
    ];
    const clusterset = merge(sources, ['d', 'c', 'gone']);
    expect(clusterset).toMatchObject({ missing: ['c', 'd'], frozen: true });
    expect([...clusterset.unknown].toSorted()).toEqual(['c', 'd', 'e']);
    expect([...clusterset.expired].toSorted()).toEqual(['e', 'f']);
    expect(merge(sources)).toMatchObject({ missing: [], frozen: false });
  });

  test('an export whose Service does not fit its schema takes no part; only the first such field is reported', () => {
    const setAside = {
      resource: 'services',
      name: NAME,
      field: 'spec.ports[0].port',
      problem: 'x'.repeat(400),
    } as const;
    const { exports, merged } = merge([aSource({ setAside: [setAside] })]);
    expect(merged).toBeUndefined();
    expect(exports.invalid).toMatchObject([{ member: 'cluster1', reason: 'InvalidService' }]);
    const { message = '' } = exports.invalid[0] ?? {};
    expect(message).toMatch(/^Service "shop\/web" does not fit the Kubernetes API: spec\.ports\[0\]\.port: x+…$/);
    expect(message.length).toBeLessThan(320);
  });
});

test('rule 1: a Service that another implementation imported is not exported again', () => {
  const service = aService({}, { labels: { 'mirror.linkerd.io/mirrored-service': 'true' } });
  const { valid, invalid } = classifyExports([aSource({ service })]);
  expect(valid).toEqual([]);
  expect(invalid).toMatchObject([
    {
      reason: 'InvalidServiceType',
      message: `Service "shop/${NAME}" is imported from other clusters by another implementation; export the original Service instead`,
    },
  ]);
});
