import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/api/json.ts';
import type { ManagedFieldsEntry } from '../../../src/api/meta.ts';
import { slimStatusFields } from '../../../src/core/field-managers.ts';
import { isAutomatic, otherImplementation } from '../../../src/core/import-manager.ts';
import type { ImportMode } from '../../../src/core/view.ts';
import { slimImport } from '../../../src/fleet/slim/slim-multicluster.ts';
import type { MemberModel } from '../../support/core/fleet-model.ts';
import { anImport, NAME } from '../../support/core/objects.ts';
import { exporting } from '../../support/core/scenarios.ts';

const ORIGIN = 'catamaran.dev/import-origin';
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function entry(manager: string, fieldsV1: JsonObject, operation = 'Update'): ManagedFieldsEntry {
  return { manager, operation, fieldsV1 };
}
const spec = (manager: string, fields: readonly string[], operation?: string) =>
  entry(manager, { 'f:spec': Object.fromEntries(fields.map((field) => [`f:${field}`, {}])) }, operation);
const BOTH = ['type', 'ports'];

describe('an import is automatic', () => {
  const CASES: [string, boolean, string | undefined, readonly ManagedFieldsEntry[], JsonObject][] = [
    ['with the label, whoever set its spec', true, 'automatic', [spec('kubectl', BOTH)], {}],
    ['with the label, without records', true, 'automatic', [], {}],
    ['without the label, if Catamaran alone set its spec', true, undefined, [spec('catamaran', BOTH)], {}],
    ['with another label', true, 'user', [spec('catamaran', BOTH)], {}],
    ['if users set other fields', true, undefined, [spec('catamaran', BOTH), spec('argocd', ['ips'])], {}],
    [
      'not if a user set the ports',
      false,
      undefined,
      [spec('catamaran', ['type']), spec('kubectl-edit', ['ports'])],
      {},
    ],
    [
      'not if a user set the type',
      false,
      undefined,
      [spec('catamaran', ['ports']), spec('kubectl-edit', ['type'])],
      {},
    ],
    ['not if a user applied the same', false, undefined, [spec('catamaran', BOTH), spec('me', BOTH, 'Apply')], {}],
    ['not if Catamaran applied it for a user', false, undefined, [spec('catamaran', BOTH, 'Apply')], {}],
    ['not if a user applied a manifest of it', false, undefined, [spec('catamaran', BOTH)], { [APPLIED]: '{}' }],
    ['not if Catamaran filled in its addresses', false, undefined, [spec('catamaran', ['ips', 'ipFamilies'])], {}],
    ['not without records', false, undefined, [], {}],
  ];

  test.each(CASES)('%s: %s', (_, expected, origin, managedFields, annotations) => {
    const labels = { ...(origin !== undefined && { [ORIGIN]: origin }), team: 'a' };
    const object = JSON.parse(JSON.stringify(anImport({}, { labels, managedFields })));
    object.metadata.annotations = annotations;
    expect(isAutomatic(object)).toBe(expected);
    // The copy that the cache keeps has all that decides.
    expect(isAutomatic(slimImport(object))).toBe(expected);
  });
});

describe('an import is managed by another implementation', () => {
  const clusters = { 'f:clusters': { '.': {}, 'k:{"cluster":"a"}': { '.': {}, 'f:cluster': {} } } };
  const ready = (fields: JsonObject) => ({ 'f:conditions': { '.': {}, 'k:{"type":"Ready"}': fields } });
  const status = (manager: string, fields: JsonObject) => entry(manager, { 'f:status': fields });

  test.each<[string, ManagedFieldsEntry[], string | undefined]>([
    ['that sets its clusters', [status('lighthouse', clusters)], 'lighthouse'],
    ['that sets its clusters as one list', [status('lighthouse', { 'f:clusters': {} })], 'lighthouse'],
    ['that sets its Ready condition', [status('b', ready({ '.': {}, 'f:reason': {} })), status('a', clusters)], 'a'],
    ['not if Catamaran has changed both', [status('a', ready({ '.': {}, 'f:type': {} }))], undefined],
    ['not if only an empty list is left', [status('a', { 'f:clusters': { '.': {} } })], undefined],
    ['not if it sets other conditions', [status('a', { 'f:conditions': { 'k:{"type":"Mine"}': {} } })], undefined],
    ['not if it sets the spec', [spec('argocd', ['ips', ...BOTH])], undefined],
    ['not if it is Catamaran', [status('catamaran', { ...clusters, ...ready({ 'f:status': {} }) })], undefined],
    ['not if it is a user of kubectl', [status('kubectl', clusters), status('kubectl-edit', clusters)], undefined],
    ['whose name merely begins like that', [status('kubectlx', clusters)], 'kubectlx'],
    ['whose name is not recorded', [{ fieldsV1: { 'f:status': clusters } }], ''],
    ['not if the record is malformed', [{ manager: 'a' }, entry('a', { 'f:status': 'x' })], undefined],
  ])('%s', (_, managedFields, manager) => {
    const object = anImport({}, { managedFields });
    expect(otherImplementation(object)?.manager).toBe(manager);
    expect(otherImplementation(slimImport(JSON.parse(JSON.stringify(object))))).toEqual(otherImplementation(object));
  });

  test('that sets Ready, if one of several does', () => {
    const managedFields = [status('a', clusters), status('b', ready({ '.': {}, 'f:reason': {} }))];
    expect(otherImplementation(anImport({}, { managedFields }))).toEqual({ manager: 'a', setsReady: true });
    const [first] = managedFields;
    const alone = anImport({}, { managedFields: first ? [first] : [] });
    expect(otherImplementation(alone)).toEqual({ manager: 'a', setsReady: false });
  });

  test('by records of which only these fields are kept', () => {
    const all = { ...clusters, ...ready({ '.': {}, 'f:reason': {}, 'f:message': {} }), 'f:endpointSliceObjects': {} };
    expect(slimStatusFields(status('a', all))).toEqual({
      'f:status': { 'f:clusters': {}, 'f:conditions': { 'k:{"type":"Ready"}': { 'f:status': {} } } },
    });
    expect(slimStatusFields(status('a', { 'f:endpointSliceObjects': {} }))).toBeUndefined();
  });

  test('not without records', () => expect(otherImplementation(anImport())).toBeUndefined());
});

/** A user takes the label off an import. */
function unlabel(member: MemberModel, label: Record<string, string> = {}): void {
  const object = member.api.get('serviceImports', NAME);
  member.api.put('serviceImports', { ...object, metadata: { ...Object(object?.metadata), labels: label } });
}

describe('an automatic import whose label is removed', () => {
  test.each([[{}], [{ [ORIGIN]: 'user' }]])('rule 37: gets it back, and goes with the last export: %j', (labels) => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    const before = cluster2.imported;
    unlabel(cluster2, labels);
    expect(fleet.plan('cluster2')).toMatchObject([
      { op: 'patch', patch: { metadata: { labels: { [ORIGIN]: 'automatic' } } } },
    ]);
    fleet.converge();
    expect(cluster2.imported?.metadata.labels).toEqual(before?.metadata.labels);
    unlabel(cluster2, labels);
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(cluster2.imported).toBeUndefined();
  });

  test.each<[ImportMode, boolean]>([
    ['Automatic', true],
    ['Manual', false],
  ])('rule 37: in mode %s it stays: %s', (importMode, stays) => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    unlabel(cluster2);
    cluster2.set({ importMode });
    fleet.converge();
    expect(cluster2.imported !== undefined).toBe(stays);
  });

  test('rule 37: is the import of the user who changes its ports, too', () => {
    const fleet = exporting();
    const cluster2 = fleet.member('cluster2');
    const { imported } = cluster2;
    const ports = [{ name: 'mine', protocol: 'TCP', port: 80 }];
    cluster2.api.put(
      'serviceImports',
      JSON.parse(
        JSON.stringify({
          ...imported,
          metadata: { ...imported?.metadata, labels: {} },
          spec: { ...imported?.spec, ports },
        }),
      ),
    );
    fleet.member('cluster1').unexport();
    fleet.converge();
    expect(cluster2.imported?.spec.ports).toEqual(ports);
    expect(cluster2.imported?.metadata.labels).toEqual({});
  });
});
