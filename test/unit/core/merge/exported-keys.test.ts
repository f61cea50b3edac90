import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ANNOTATIONS_LENGTH,
  admitKeys,
  isAllowed,
  isLabelValue,
  isQualifiedName,
  isReserved,
} from '../../../../src/core/merge/exported-keys.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anExport, aService, at, NAME } from '../../../support/core/objects.ts';
import { conditionOf } from '../../../support/core/scenarios.ts';
import { ALLOW_ALL } from '../../../support/core/sources.ts';

/** What Catamaran itself writes into the annotations of an import. */
const NAMED = { 'multicluster.kubernetes.io/derived-service': 'amcs-web' };

describe('exported labels and annotations', () => {
  test('rule 6: exported labels and annotations land on the import, and on nothing else', () => {
    const fleet = new FleetModel();
    const spec = { exportedLabels: { team: 'a' }, exportedAnnotations: { note: 'any text' } };
    fleet.member('cluster1').export(anExport(spec), aService({}, { labels: { own: 'x' } }));
    fleet.converge();
    const { imported, derivedService } = fleet.member('cluster1');
    expect(imported?.metadata.labels).toEqual({ team: 'a', 'catamaran.dev/import-origin': 'automatic' });
    expect(imported?.metadata.annotations).toMatchObject({ note: 'any text' });
    expect(derivedService?.metadata.labels).not.toHaveProperty('team');
  });

  test('rule 6: reserved keys are refused with a message, and no export can set the marker', () => {
    const fleet = new FleetModel();
    const spec = {
      exportedLabels: { 'catamaran.dev/import-origin': 'mine', 'app.kubernetes.io/name': 'x', fine: 'y' },
      exportedAnnotations: { 'a.k8s.io/b': 'z' },
    };
    fleet.member('cluster1').export(anExport(spec), aService());
    fleet.converge();
    const { imported } = fleet.member('cluster1');
    expect(imported?.metadata.labels).toEqual({ fine: 'y', 'catamaran.dev/import-origin': 'automatic' });
    const message = conditionOf(fleet.member('cluster1'), 'exported', 'Ready')?.message;
    expect(message).toContain('"app.kubernetes.io/name" is reserved');
    expect(message).toContain('"a.k8s.io/b" is reserved');
  });

  test.each(['exportedLabels', 'exportedAnnotations'] as const)(
    'rule 6: so are %s whose keys alone would make the import too large',
    (field) => {
      const fleet = new FleetModel();
      const keys = Array.from({ length: 1_500 }, (_, index) => `${'x'.repeat(240)}.example/${index}`);
      const map = Object.fromEntries(keys.map((key) => [key, '']));
      fleet.member('cluster1').export(anExport({ [field]: map }), aService());
      fleet.converge();
      const { imported, exported } = fleet.member('cluster1');
      const landed = { ...imported?.metadata.labels, ...imported?.metadata.annotations };
      expect(landed).toHaveProperty([keys[0] ?? '']);
      expect(JSON.stringify(exported?.status)).toContain('too large');
      fleet.member('cluster1').export(anExport(), aService());
      fleet.converge();
      expect(fleet.member('cluster1').imported?.metadata.annotations).toEqual(NAMED);
    },
  );

  test('rule 6: keys that are not on the allow-lists are left out, reported, and conflict with nothing', () => {
    const fleet = new FleetModel();
    const policy = { ...ALLOW_ALL, labels: ['team'], annotations: ['example.com/*'] };
    const spec = {
      exportedLabels: { team: 'a', tier: 'web' },
      exportedAnnotations: { 'argocd.argoproj.io/tracking-id': 'x', 'example.com/owner': 'me' },
    };
    fleet.member('cluster1', { policy }).export(anExport(spec), aService());
    const agreeing = { exportedLabels: { team: 'a' }, exportedAnnotations: { 'example.com/owner': 'me' } };
    fleet.member('cluster2', { policy }).export(anExport(agreeing, at(60)), aService());
    fleet.converge();
    const { imported } = fleet.member('cluster2');
    expect(imported?.metadata.labels).toEqual({ team: 'a', 'catamaran.dev/import-origin': 'automatic' });
    expect(imported?.metadata.annotations).toMatchObject({ 'example.com/owner': 'me' });
    expect(imported?.metadata.annotations).not.toHaveProperty(['argocd.argoproj.io/tracking-id']);
    const ready = conditionOf(fleet.member('cluster1'), 'exported', 'Ready');
    expect(ready?.message).toContain('"tier" is not in exportedLabels.allow of the fleet file');
    expect(ready?.message).toContain('"argocd.argoproj.io/tracking-id" is not in exportedAnnotations.allow');
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'Conflict')?.status).toBe('False');
  });

  test('rule 50: labels and annotations beyond the limit of bytes are left out and reported', () => {
    const fleet = new FleetModel();
    const exportedAnnotations = { a: 'x'.repeat(90), b: 'y'.repeat(90) };
    fleet.member('cluster1', { policy: { ...ALLOW_ALL, exportedBytes: 100 } });
    fleet.member('cluster1').export(anExport({ exportedAnnotations }), aService());
    fleet.converge();
    expect(fleet.member('cluster1').imported?.metadata.annotations).not.toHaveProperty('b');
    expect(conditionOf(fleet.member('cluster1'), 'exported', 'Ready')?.message).toContain('"b" exceeds the 100 bytes');
  });

  test('rule 6: a key that is exported no more goes, and one that somebody else added stays', () => {
    const fleet = new FleetModel();
    const cluster1 = fleet.member('cluster1').export(anExport({ exportedLabels: { team: 'a' } }), aService());
    fleet.converge();
    const before = cluster1.api.get('serviceImports', NAME);
    const metadata = Object(before?.metadata);
    cluster1.api.put('serviceImports', {
      ...before,
      metadata: { ...metadata, labels: { ...metadata.labels, foreign: 'x' } },
    });
    cluster1.export(anExport(), aService());
    fleet.converge();
    expect(cluster1.imported?.metadata.labels).toEqual({ foreign: 'x', 'catamaran.dev/import-origin': 'automatic' });
    expect(cluster1.imported?.metadata.annotations).toEqual(NAMED);
  });
});

describe('the entries of an export that may be set', () => {
  const limited = (exportedBytes: number) => ({ ...ALLOW_ALL, exportedBytes });

  test('rule 50: have at most the allowed bytes, keys and values of labels and annotations together', () => {
    const spec = { exportedLabels: { ab: 'x'.repeat(8) }, exportedAnnotations: { c: 'y'.repeat(7), d: 'ä' } };
    const exact = admitKeys(spec, limited(21));
    expect([exact.labels.refused, exact.annotations.refused]).toEqual([[], []]);
    expect(admitKeys(spec, limited(20)).annotations.refused).toEqual([
      '"d" exceeds the 20 bytes of labels and annotations that an export may have',
    ]);
    expect(admitKeys(spec, limited(17)).annotations.admitted).toEqual({ d: 'ä' });
    expect(admitKeys(spec, limited(9)).labels.refused).toEqual([
      '"ab" exceeds the 9 bytes of labels and annotations that an export may have',
    ]);
  });

  test('rule 6: are not those with an invalid key or label value', () => {
    const map = { 'a b': '', c: 'd e' };
    const { labels, annotations } = admitKeys({ exportedLabels: map, exportedAnnotations: map }, ALLOW_ALL);
    expect(labels.refused).toEqual(['"a b" is not a valid key', '"c" has a value that is not a valid label value']);
    expect(annotations).toEqual({ admitted: { c: 'd e' }, refused: ['"a b" is not a valid key'] });
  });
});

describe('keys', () => {
  test.each([
    ['team', ['team'], true],
    ['teams', ['team'], false],
    ['example.com/a', ['example.com/*'], true],
    ['example.com.evil/a', ['example.com/*'], false],
    ['anything', ['*'], true],
    ['anything', [], false],
  ])('%s is on the list %j: %s', (key, allowed, expected) => {
    expect(isAllowed(key, allowed)).toBe(expected);
  });

  test.each([
    ['kubernetes.io/x', true],
    ['app.kubernetes.io/x', true],
    ['X.K8S.IO/x', true],
    ['catamaran.dev/x', true],
    ['notkubernetes.io/x', false],
    ['kubernetes.io', false],
    ['example.com/kubernetes.io', false],
  ])('%s is reserved: %s', (key, reserved) => {
    expect(isReserved(key)).toBe(reserved);
  });

  test.each([
    ['a', true],
    ['example.com/a.b_c-D', true],
    ['x'.repeat(63), true],
    ['x'.repeat(64), false],
    ['/a', false],
    ['a/', false],
    ['a/b/c', false],
    ['Upper.com/a', false],
    [`${'x'.repeat(253)}/a`, true],
    [`${'x'.repeat(254)}/a`, false],
    ['x/a', true],
    ['x.y/a', true],
    ['x..y/a', false],
    ['-x/a', false],
    ['', false],
  ])('%s is a qualified name: %s', (key, valid) => {
    expect(isQualifiedName(key)).toBe(valid);
  });

  test.each([
    ['', true],
    ['a', true],
    ['x'.repeat(63), true],
    ['x'.repeat(64), false],
    ['a b', false],
    ['-a', false],
  ])('"%s" is a value of a label: %s', (value, valid) => {
    expect(isLabelValue(value)).toBe(valid);
  });

  test('no map whatsoever gets a reserved or invalid key, or too much, onto an import', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('a', 'k8s.io/b', 'x.catamaran.dev/c'));
    fc.assert(
      fc.property(fc.dictionary(key, fc.string()), (map) => {
        const { admitted, refused } = admitKeys({ exportedLabels: map }, ALLOW_ALL).labels;
        expect(Object.keys(admitted).filter((key) => isReserved(key) || !isQualifiedName(key))).toEqual([]);
        expect(Object.keys(admitted).length + refused.length).toBe(Object.keys(map).length);
      }),
    );
    const exportedAnnotations = { a: 'x'.repeat(ANNOTATIONS_LENGTH - 5), b: '1', c: '' };
    const { admitted, refused } = admitKeys({ exportedAnnotations }, ALLOW_ALL).annotations;
    expect(Object.keys(admitted)).toEqual(['a']);
    expect(refused).toEqual(['"b" makes the annotations too large', '"c" makes the annotations too large']);
  });
});
