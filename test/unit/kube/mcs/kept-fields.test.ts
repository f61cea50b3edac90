import { describe, expect, it } from 'vitest';
import { divide, keptFields, restore } from '../../../../src/kube/mcs/kept-fields.ts';

const FIELDS = keptFields([
  'spec.ips[1]',
  'spec.ipFamilies',
  'spec.internalTrafficPolicy',
  'status.conditions',
  'status.endpointSliceObjects',
]);
const key = (field: string) => `fields.catamaran.dev/${field}`;
const conditions = [{ type: 'Ready', status: 'True' }];

describe('fields that a CRD lacks', () => {
  it('are divided from what it has', () => {
    const body = { spec: { type: 'ClusterSetIP', ips: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'] } };
    expect(divide(body, FIELDS)).toEqual({
      body: { spec: { type: 'ClusterSetIP', ips: ['10.0.0.1'] } },
      annotations: { [key('spec.ips')]: '["10.0.0.1","fd00::1"]', [key('spec.ipFamilies')]: '["IPv4","IPv6"]' },
    });
  });

  it('are removed with their annotation', () => {
    expect(divide({ spec: { ips: null, internalTrafficPolicy: null } }, FIELDS)).toEqual({
      body: { spec: { ips: null } },
      annotations: { [key('spec.ips')]: null, [key('spec.internalTrafficPolicy')]: null },
    });
    expect(divide({ spec: { ips: ['10.0.0.1'] } }, FIELDS).annotations).toEqual({ [key('spec.ips')]: null });
  });

  it('are not touched if the patch has none', () => {
    const body = { metadata: { labels: { a: 'b' } }, spec: { ports: [] } };
    expect(divide(body, FIELDS)).toEqual({ body, annotations: {} });
  });

  it('are in their places again when the object is read, without the annotations', () => {
    const object = {
      metadata: { name: 'web', annotations: { team: 'a', [key('status.conditions')]: JSON.stringify(conditions) } },
      spec: { type: 'Headless' },
    };
    expect(restore(object, FIELDS)).toEqual({
      metadata: { name: 'web', annotations: { team: 'a' } },
      spec: { type: 'Headless' },
      status: { conditions },
    });
  });

  it.each([
    ['another client changed the address', { ips: ['10.9.9.9'] }],
    ['another client removed the addresses', { ips: [] }],
    ['the CRD has two addresses now', { ips: ['10.0.0.1', 'fd00::2'] }],
  ])('are superseded if %s', (_, spec) => {
    const annotations = { [key('spec.ips')]: '["10.0.0.1","fd00::1"]' };
    expect(restore({ metadata: { annotations }, spec }, FIELDS)).toEqual({ metadata: { annotations: {} }, spec });
  });

  it.each(['{', '', '[1', 'undefined'])('are ignored if another client wrote %j there', (text) => {
    const annotations = { [key('spec.ipFamilies')]: text };
    expect(restore({ metadata: { annotations }, spec: {} }, FIELDS)).toEqual({
      metadata: { annotations: {} },
      spec: {},
    });
  });
});
