import { describe, expect, test } from 'vitest';
import type { Service } from '../../../../src/api/core.ts';
import type { StringMap } from '../../../../src/api/meta.ts';
import type { ServiceExport, ServiceImport } from '../../../../src/api/multicluster.ts';
import type { DesiredImport } from '../../../../src/core/desired/import.ts';
import { type ServiceShape, shapeOf } from '../../../../src/core/desired/service-shape.ts';
import { type Merged, merge } from '../../../../src/core/merge/merge.ts';
import { desiredAddresses, importObject, importPatch } from '../../../../src/core/plan/import-spec.ts';
import { anExport, anImport, aService, DERIVED, NAME, NAMESPACE } from '../../../support/core/objects.ts';
import { aSource } from '../../../support/core/sources.ts';

const TARGET = { namespace: NAMESPACE, name: NAME };
const ORIGIN = { 'catamaran.dev/import-origin': 'automatic' };
const EXPORTED_KEYS = 'catamaran.dev/exported-keys';
const NAMED = { 'multicluster.kubernetes.io/derived-service': DERIVED };

function merged(spec: Service['spec'] = {}, exported: ServiceExport['spec'] = {}): Merged {
  const found = merge([aSource({ service: aService(spec), export: anExport(exported) })]).merged;
  if (!found) throw new Error('the export is not valid');
  return found;
}

function automatic(content: Merged, more: Partial<DesiredImport> = {}): DesiredImport {
  const { type, ports, families, traffic } = content;
  const shape: ServiceShape = { headless: type === 'Headless', ports, families, traffic };
  const serving = { shape, write: true };
  return { origin: 'automatic', content, serving, problems: [], notes: [], readyStays: false, ...more };
}

/** The import as Catamaran created it, with its address and the name of its Service. */
function observed(content: Merged, more: Partial<ServiceImport['spec']> = {}): ServiceImport {
  const { metadata, spec } = importObject(TARGET, automatic(content), content, DERIVED);
  const created = Object(metadata);
  return {
    ...anImport({ ports: [] }, { ...created, annotations: { ...created.annotations, ...NAMED } }),
    spec: { ...Object(spec), ipFamilies: ['IPv4'], ips: ['10.0.0.1'], ...more },
  };
}

describe('an import that is created', () => {
  test('says what is exported, and waits for its address', () => {
    expect(importObject(TARGET, automatic(merged()), merged(), DERIVED)).toStrictEqual({
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceImport',
      metadata: { ...TARGET, labels: ORIGIN },
      spec: {
        type: 'ClusterSetIP',
        ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
      },
    });
  });

  test('has every field that its exports set', () => {
    const content = merged(
      {
        ports: [{ port: 53, protocol: 'UDP', appProtocol: 'dns' }],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
        internalTrafficPolicy: 'Local',
        trafficDistribution: 'PreferClose',
      },
      { exportedLabels: { team: 'a' }, exportedAnnotations: { note: 'b' } },
    );
    expect(importObject(TARGET, automatic(content), content, DERIVED)).toStrictEqual({
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceImport',
      metadata: {
        ...TARGET,
        labels: { team: 'a', ...ORIGIN },
        annotations: { note: 'b', [EXPORTED_KEYS]: '{"labels":["team"],"annotations":["note"]}' },
      },
      spec: {
        type: 'ClusterSetIP',
        ports: [{ protocol: 'UDP', port: 53, appProtocol: 'dns' }],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
        internalTrafficPolicy: 'Local',
        trafficDistribution: 'PreferClose',
      },
    });
  });

  test('has families and no affinity if it is headless', () => {
    const { internalTrafficPolicy: _, ...spec } = aService({ clusterIP: 'None' }).spec;
    const content = merge([aSource({ service: { ...aService(), spec } })]).merged;
    if (!content) throw new Error('the export is not valid');
    expect(importObject(TARGET, automatic(content), content, DERIVED).spec).toStrictEqual({
      type: 'Headless',
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
      ipFamilies: ['IPv4'],
    });
    // Its Service gives it nothing else, so the name is not another write.
    expect(importObject(TARGET, automatic(content), content, DERIVED).metadata).toMatchObject({ annotations: NAMED });
  });

  test('remembers the keys of annotations alone, too', () => {
    const content = merged({}, { exportedAnnotations: { note: 'b' } });
    expect(importObject(TARGET, automatic(content), content, DERIVED)).toMatchObject({
      metadata: { annotations: { [EXPORTED_KEYS]: '{"labels":[],"annotations":["note"]}' } },
    });
  });
});

describe('addresses', () => {
  const shape: ServiceShape = { headless: false, ports: [], families: ['IPv4'], traffic: { sessionAffinity: 'None' } };
  const serving = (wanted: DesiredImport['serving'], origin: DesiredImport['origin'] = 'automatic') =>
    automatic(merged(), { serving: wanted, origin });
  const own = aService({ clusterIPs: ['10.0.0.1'] });

  test('are those of the Service, with its families', () => {
    const written = serving({ shape, write: true });
    expect(desiredAddresses(written, own)).toStrictEqual({ ipFamilies: ['IPv4'], ips: ['10.0.0.1'] });
    expect(desiredAddresses(written, undefined)).toBeUndefined();
    expect(desiredAddresses(serving({ shape, write: false }), own)).toBeUndefined();
  });

  test('are none of a headless import, whatever its Service has', () => {
    const headless = serving({ shape: { ...shape, headless: true, families: ['IPv6'] }, write: true });
    expect(desiredAddresses(headless, own)).toStrictEqual({ ipFamilies: ['IPv6'], ips: null });
  });

  test('go if nothing is served; the families of a user stay', () => {
    expect(desiredAddresses(serving('nothing'), own)).toStrictEqual({ ips: null, ipFamilies: null });
    expect(desiredAddresses(serving('nothing', 'user'), own)).toStrictEqual({ ips: null });
  });
});

describe('an import that is there', () => {
  const own = aService({ clusterIPs: ['10.0.0.1'] });
  const patchOf = (content: Merged, imported: ServiceImport) => importPatch(imported, automatic(content), DERIVED, own);

  test('is not written if it is up to date', () => {
    const content = merged({}, { exportedLabels: { team: 'a' }, exportedAnnotations: { note: 'b' } });
    expect(shapeOf(own).families).toEqual(['IPv4']);
    expect(patchOf(content, observed(content))).toBeUndefined();
    const headless = merged({ clusterIP: 'None' });
    expect(patchOf(headless, observed(headless, { ips: [] }))).toBeUndefined();
  });

  test('is patched in the fields that differ', () => {
    const before = observed(merged({ trafficDistribution: 'PreferClose' }), { ips: ['10.0.0.9'] });
    expect(patchOf(merged({ internalTrafficPolicy: 'Local' }), before)).toStrictEqual({
      spec: { internalTrafficPolicy: 'Local', trafficDistribution: null, ips: ['10.0.0.1'] },
    });
    const wanted = automatic(merged(), { serving: 'nothing' });
    expect(importPatch(observed(merged()), wanted, DERIVED, own)).toStrictEqual({
      metadata: { annotations: { 'multicluster.kubernetes.io/derived-service': null } },
      spec: { ipFamilies: null, ips: null },
    });
  });

  test('of a user is patched in its addresses and the name of its Service alone', () => {
    const shape: ServiceShape = { ...shapeOf(own), families: ['IPv4'] };
    const wanted = automatic(merged(), { origin: 'user', content: undefined, serving: { shape, write: true } });
    expect(importPatch(anImport({ sessionAffinity: 'ClientIP' }), wanted, DERIVED, own)).toStrictEqual({
      metadata: { annotations: NAMED },
      spec: { ipFamilies: ['IPv4'], ips: ['10.0.0.1'] },
    });
  });

  /** The patch of an import with these labels and annotations when nothing but `exported` is exported. */
  function metadataPatch(
    metadata: { readonly labels?: StringMap; readonly annotations?: StringMap },
    exported: ServiceExport['spec'] = {},
  ) {
    const content = merged({}, exported);
    const { labels: _, annotations: __, ...bare } = observed(content).metadata;
    const named = { ...metadata, annotations: { ...metadata.annotations, ...NAMED } };
    return patchOf(content, { ...observed(content), metadata: { ...bare, ...named } });
  }

  test('gets its marker and the exported keys', () => {
    expect(metadataPatch({})).toStrictEqual({ metadata: { labels: ORIGIN } });
    expect(metadataPatch({ labels: ORIGIN }, { exportedAnnotations: { note: 'b' } })).toStrictEqual({
      metadata: { annotations: { note: 'b', [EXPORTED_KEYS]: '{"labels":[],"annotations":["note"]}' } },
    });
    expect(metadataPatch({ labels: { ...ORIGIN, team: 'b', other: 'x' } }, { exportedLabels: { team: 'a' } })).toEqual({
      metadata: { labels: { team: 'a' }, annotations: { [EXPORTED_KEYS]: '{"labels":["team"],"annotations":[]}' } },
    });
  });

  test('loses the keys that are no longer exported, and no others', () => {
    const annotations = {
      [EXPORTED_KEYS]: '{"labels":["team","gone"],"annotations":["note","gone"]}',
      note: 'b',
      x: 'y',
    };
    expect(metadataPatch({ labels: { ...ORIGIN, team: 'a', x: 'y' }, annotations })).toStrictEqual({
      metadata: { labels: { team: null }, annotations: { note: null, [EXPORTED_KEYS]: null } },
    });
  });

  test('ignores an entry of the record that is no key', () => {
    const annotations = { [EXPORTED_KEYS]: '{"labels":[1,"team"],"annotations":[null,"note"]}', note: 'b' };
    expect(metadataPatch({ labels: { ...ORIGIN, team: 'a' }, annotations })).toStrictEqual({
      metadata: { labels: { team: null }, annotations: { note: null, [EXPORTED_KEYS]: null } },
    });
  });

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a text', '"team"'],
    ['no lists', '{"labels":"team","annotations":{"note":1}}'],
    ['no texts', '{"labels":[1,null],"annotations":[{}]}'],
    ['a reserved key', '{"labels":["catamaran.dev/import-origin"],"annotations":["kubernetes.io/x"]}'],
  ])('ignores a record of keys that is %s', (_, record) => {
    const annotations = { [EXPORTED_KEYS]: record, note: 'b', 'kubernetes.io/x': 'y' };
    expect(metadataPatch({ labels: { ...ORIGIN, team: 'a' }, annotations })).toStrictEqual({
      metadata: { annotations: { [EXPORTED_KEYS]: null } },
    });
  });
});
