import { describe, expect, test } from 'vitest';
import { merge } from '../../../../src/core/merge/merge.ts';
import { sourceSlice } from '../../../../src/core/merge/source-slice.ts';
import { desiredExport } from '../../../../src/core/plan/export-status.ts';
import type { SourceView } from '../../../../src/core/view.ts';
import { anEndpoint, anExport, aService, aSlice, at } from '../../../support/core/objects.ts';
import { ANY, addressPolicy, aSource } from '../../../support/core/sources.ts';

const VALID = { type: 'Valid', status: 'True', reason: 'Valid', message: 'The Service can be exported' };
const EXPORTED = {
  type: 'Ready',
  status: 'True',
  reason: 'Exported',
  message: 'The Service is exported to the clusterset',
};
const AGREE = { type: 'Conflict', status: 'False', reason: 'NoConflicts', message: 'All exports agree' };
const ACCEPTED = 'catamaran.dev/EndpointsAccepted';
const HOSTNAMES = 'catamaran.dev/HostnamesUnique';

const conditionsOf = (member: string, ...sources: readonly SourceView[]) =>
  desiredExport(member, merge(sources, ['unknown']))?.conditions;

describe('the conditions of an export', () => {
  test('that is valid', () => {
    expect(conditionsOf('cluster1', aSource())).toEqual({
      types: ['Valid', 'Ready', ACCEPTED, 'Conflict', HOSTNAMES],
      drafts: [VALID, EXPORTED, AGREE],
    });
  });

  test('are those of the member asked for', () => {
    const { service: _, ...lonely } = aSource({ member: 'cluster3' });
    const sources = [aSource({ member: 'cluster2', export: anExport({}, at(1)) }), lonely, aSource()];
    expect(desiredExport('cluster2', merge(sources))?.object).toBe(sources[0]?.export);
    expect(desiredExport('cluster3', merge(sources))?.object).toBe(lonely.export);
    expect(desiredExport('cluster4', merge(sources))).toBeUndefined();
  });

  test('that is not valid', () => {
    const { service: _, ...lonely } = aSource();
    expect(conditionsOf('cluster1', lonely)).toEqual({
      types: ['Valid', 'Ready', 'Conflict', ACCEPTED, HOSTNAMES],
      drafts: [
        { type: 'Valid', status: 'False', reason: 'NoService', message: 'Service "shop/web" does not exist' },
        { type: 'Ready', status: 'False', reason: 'Pending', message: 'The export is not valid' },
      ],
    });
  });

  test('without a spec', () => {
    const { spec: _, ...bare } = anExport();
    expect(conditionsOf('cluster1', aSource({ export: bare }))?.drafts).toEqual([VALID, EXPORTED, AGREE]);
  });

  test('rule 20: leave Conflict alone while a member that took part is unknown', () => {
    const unknown: SourceView = { member: 'unknown', standing: 'unknown', expired: false };
    expect(conditionsOf('cluster1', aSource(), unknown)).toEqual({
      types: ['Valid', 'Ready', ACCEPTED],
      drafts: [VALID, EXPORTED],
    });
  });

  test('rule 17: name refused endpoints in order, as many as three', () => {
    const slice = (name: string, ...addresses: readonly string[]) =>
      sourceSlice(
        aSlice(
          name,
          addresses.map((address) => anEndpoint(address)),
        ),
        addressPolicy(['10.1.0.0/16']),
      );
    const accepted = (...slices: readonly ReturnType<typeof slice>[]) =>
      conditionsOf('cluster1', aSource({ slices }))?.drafts.find(({ type }) => type === ACCEPTED);
    const outside = "is outside the member's declared CIDRs";
    expect(accepted(slice('a', '10.1.0.1'))).toBeUndefined();
    expect(accepted(slice('b', '10.3.0.1'), slice('a', '10.2.0.2', '10.2.0.1'))).toEqual({
      type: ACCEPTED,
      status: 'False',
      reason: 'AddressRefused',
      message:
        `Endpoints left out: EndpointSlice "a": 10.2.0.1 ${outside}; EndpointSlice "a": 10.2.0.2 ${outside}; ` +
        `EndpointSlice "b": 10.3.0.1 ${outside}`,
    });
    expect(accepted(slice('a', '10.2.0.1', '10.2.0.2', '10.2.0.3', '10.2.0.4'))?.message).toMatch(/; … and 1 more$/);
    const long = sourceSlice(aSlice('a', [{ addresses: ['x'.repeat(300)] }]), ANY);
    expect(accepted(long)?.message).toBe(
      `Endpoints left out: EndpointSlice "a": ${'x'.repeat(252)}… is not an IPv4 address`,
    );
  });

  test('rule 6: name refused keys, as many as three of each kind', () => {
    const map = { 'k8s.io/a': '', 'k8s.io/b': '', 'k8s.io/c': '', 'k8s.io/d': '' };
    const exported = anExport({ exportedLabels: map, exportedAnnotations: { 'k8s.io/x': '' } });
    const ready = conditionsOf('cluster1', aSource({ export: exported, service: aService() }))?.drafts[1];
    expect(ready?.message).toBe(
      'The Service is exported to the clusterset. Exported labels left out: "k8s.io/a" is reserved; "k8s.io/b" is ' +
        'reserved; "k8s.io/c" is reserved; … and 1 more. Exported annotations left out: "k8s.io/x" is reserved',
    );
  });

  test('slices that do not fit their schema come before refused addresses, and give the reason', () => {
    const refused = sourceSlice(aSlice('a', [anEndpoint('10.2.0.1')]), addressPolicy(['10.1.0.0/16']));
    const setAside = (name: string, problem: string) =>
      ({ resource: 'endpointSlices', name, field: 'endpoints[0].hostname', problem }) as const;
    const source = aSource({
      slices: [refused],
      setAside: [setAside('c', '"B B" is not a DNS label'), setAside('b', 'x')],
    });
    const accepted = conditionsOf('cluster1', source)?.drafts.find(({ type }) => type === ACCEPTED);
    expect(accepted).toMatchObject({ status: 'False', reason: 'InvalidObject,AddressRefused' });
    expect(accepted?.message).toMatch(
      /^Endpoints left out: EndpointSlice "b": endpoints\[0\]\.hostname: x; EndpointSlice "c": .*DNS label; EndpointSlice "a": 10\.2\.0\.1 /,
    );
  });
});
