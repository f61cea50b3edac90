import { describe, expect, test } from 'vitest';
import { effectOf, precedence, type ServedRecords, servedRecord } from '../../../../src/core/merge/precedence.ts';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anExport, anImport, aService, at } from '../../../support/core/objects.ts';

const records = (served: Readonly<Record<string, readonly string[]>>): ServedRecords => new Map(Object.entries(served));

/** The order that a consumer serves. */
function orderFor(consumer: string, aged: readonly string[], served: Readonly<Record<string, readonly string[]>>) {
  const { common, own } = precedence(aged, records(served));
  return (own.get(consumer) ?? common).join(' ');
}

describe('the record of a consumer', () => {
  test('is status.clusters, unless the import is being deleted', () => {
    const status = { clusters: [{ cluster: 'b' }, { cluster: 'a' }] };
    expect(servedRecord({ ...anImport(), status })).toEqual(['b', 'a']);
    expect(servedRecord({ ...anImport({}, { deletionTimestamp: at(1) }), status })).toEqual([]);
    expect(servedRecord(anImport())).toEqual([]);
  });
});

describe('the order of exports', () => {
  test('rule 2: exports that no consumer has served are in order of age', () => {
    expect(orderFor('x', ['b', 'a'], {})).toBe('b a');
    expect(orderFor('x', ['b', 'a'], { x: ['gone'], y: [] })).toBe('b a');
  });

  test('rule 33: what is served comes first, for consumers without a record too', () => {
    const served = { x: ['a', 'gone'], y: ['a', 'c'] };
    for (const consumer of ['x', 'y', 'new']) expect(orderFor(consumer, ['b', 'c', 'a'], served)).toBe('a c b');
  });

  test('rule 33: a forged record changes nothing for the others, and little for its own cluster', () => {
    const aged = ['hostile', 'a', 'c'];
    const served = { x: ['a', 'c'], a: ['a', 'c'], c: ['a', 'c'], hostile: ['hostile', 'c', 'a'] };
    for (const consumer of ['x', 'a', 'c', 'new']) expect(orderFor(consumer, aged, served)).toBe('a c hostile');
    expect(orderFor('hostile', aged, served)).toBe('hostile a c');
  });

  test('rule 33: what a member claims in its own favor does not count', () => {
    expect(orderFor('new', ['b', 'a', 'c'], { a: ['a', 'b'], b: ['b', 'a'] })).toBe('b a c');
    expect(orderFor('new', ['b', 'a'], { a: ['a', 'b'], b: ['b', 'a'], x: ['a'] })).toBe('a b');
  });

  test('rule 33: a record decides for all if no other contradicts it, even if it is of an exporter', () => {
    expect(orderFor('new', ['b', 'a'], { a: ['a', 'b'] })).toBe('a b');
    expect(orderFor('new', ['b', 'a'], { a: ['a', 'b'], x: [] })).toBe('a b');
    expect(orderFor('new', ['b', 'a'], { x: [], a: ['a', 'b'] })).toBe('a b');
  });

  test('rule 33: what a member claims in its own favor counts neither for the older nor for the younger one', () => {
    expect(orderFor('new', ['a', 'b'], { a: ['a', 'b'], x: ['b'] })).toBe('b a');
    expect(orderFor('new', ['a', 'b'], { b: ['b'], x: ['a'], y: ['b'] })).toBe('a b');
  });

  test('rule 33: a record without either of two exporters says nothing about their order', () => {
    const others = { z1: ['c'], z2: ['c'], z3: ['c'] };
    expect(orderFor('new', ['a', 'b', 'c'], { ...others, x: ['a'] })).toBe('c a b');
    expect(orderFor('new', ['a', 'b', 'c'], { ...others, x: ['b', 'c'], y: ['c', 'b'] })).toBe('c b a');
  });

  test('rule 33: of two that have equally many records in their favor, the older one is first', () => {
    expect(orderFor('new', ['a', 'b', 'c'], { x: ['c', 'a', 'b'], y: ['b', 'c', 'a'] })).toBe('a b c');
  });

  test('rule 33: each of several consumers with the same record keeps its order', () => {
    const served = { x: ['a', 'b'], y: ['a', 'b'], u: ['b', 'a'], v: ['b', 'a'], w: ['b', 'a'] };
    for (const consumer of ['x', 'y']) expect(orderFor(consumer, ['a', 'b'], served)).toBe('a b');
    for (const consumer of ['u', 'v', 'w']) expect(orderFor(consumer, ['a', 'b'], served)).toBe('b a');
  });

  test('equal records share one array, whoever has them', () => {
    const { records: held } = precedence(['a', 'b'], records({ x: ['a', 'b'], y: ['b'], z: ['a', 'gone', 'b'] }));
    expect(held.get('x')).toEqual(['a', 'b']);
    expect(held.get('z')).toBe(held.get('x'));
  });

  test('rule 33: consumers that served different exports keep them, and new ones follow the majority', () => {
    const served = { x: ['a', 'b'], y: ['b', 'a'], z: ['b', 'a'] };
    expect(orderFor('x', ['a', 'b'], served)).toBe('a b');
    expect(orderFor('y', ['a', 'b'], served)).toBe('b a');
    expect(orderFor('new', ['a', 'b'], served)).toBe('b a');
    expect(orderFor('new', ['a', 'b'], { x: ['a'], y: ['b'] })).toBe('a b');
  });

  test('rule 33: an exporter that withdrew is last for a consumer that did not notice, by its own record', () => {
    const served = { x: ['a', 'b', 'c'], a: ['b', 'c', 'a'], b: ['b', 'c', 'a'] };
    expect(orderFor('x', ['a', 'b', 'c'], served)).toBe('b c a');
    expect(precedence(['a', 'b', 'c'], records(served)).own.size).toBe(0);
  });

  test('rule 33: an exporter that concedes to one of the later exporters is last for such a consumer', () => {
    expect(orderFor('x', ['a', 'b', 'c'], { x: ['a', 'b', 'c'], a: ['b', 'a'] })).toBe('b c a');
  });

  test('rule 33: an exporter that concedes to an earlier one keeps its place', () => {
    const served = { x: ['a', 'b', 'c'], b: ['a', 'b'], y: ['c', 'b', 'a'], z: ['c', 'b', 'a'] };
    expect(orderFor('x', ['a', 'b', 'c'], served)).toBe('a b c');
    expect(orderFor('new', ['a', 'b', 'c'], served)).toBe('a c b');
  });

  test('rule 33: of exporters that concede to each other, the older one is first for all', () => {
    const served = { x: ['a', 'b', 'c'], b: ['a', 'c', 'b'], c: ['a', 'b', 'c'] };
    for (const consumer of ['x', 'b', 'c', 'new']) expect(orderFor(consumer, ['c', 'b', 'a'], served)).toBe('a c b');
  });

  test('rule 33: records that contradict each other in a circle still result in one order', () => {
    const served = { x: ['a', 'b', 'c'], y: ['b', 'c', 'a'], z: ['c', 'a', 'b'] };
    expect(orderFor('new', ['c', 'b', 'a'], served)).toBe('c b a');
    expect(orderFor('z', ['c', 'b', 'a'], served)).toBe('c a b');
  });
});

describe('a changed record', () => {
  const agreed = precedence(['b', 'a'], records({ x: ['a'] }));
  const split = precedence(['b', 'a'], records({ x: ['a', 'b'], y: ['b', 'a'] }));

  test('changes nothing if it is the same or follows the order', () => {
    expect(effectOf(agreed, 'x', ['a'])).toBe('none');
    expect(effectOf(agreed, 'x', ['a', 'gone', 'b'])).toBe('none');
    expect(effectOf(agreed, 'new', ['a', 'b'])).toBe('none');
    expect(effectOf(agreed, 'new', [])).toBe('none');
    expect(effectOf(split, 'y', ['b', 'a'])).toBe('none');
  });

  test('is computed again if the order depends on what is gone', () => {
    expect(effectOf(agreed, 'x', [])).toBe('outdated');
  });

  test('concerns the other consumers if it contradicts the order, or while there are several', () => {
    expect(effectOf(agreed, 'new', ['b'])).toBe('contradicts');
    expect(effectOf(split, 'y', ['a', 'b'])).toBe('contradicts');
    expect(effectOf(split, 'x', ['b'])).toBe('contradicts');
  });
});

test('rule 33: a consumer records no order while a member that may come first is unknown', () => {
  const fleet = new FleetModel();
  fleet.member('cluster1').export(anExport(), aService({ sessionAffinity: 'ClientIP' }));
  fleet.member('cluster2');
  fleet.converge();
  fleet.member('cluster1').set({ known: false });
  fleet.member('cluster3').export(anExport({}, at(60)), aService());
  fleet.converge();
  expect(fleet.member('cluster3').imported?.status?.clusters).toBeUndefined();
  fleet.member('cluster1').set({ known: true });
  fleet.converge();
  const clusters = [{ cluster: 'cluster1' }, { cluster: 'cluster3' }];
  for (const { imported } of fleet.members) expect(imported?.status?.clusters).toEqual(clusters);
});
