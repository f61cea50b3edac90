import { expect, it } from 'vitest';
import { SingleReports } from '../../../src/controller/single-reports.ts';
import type { Change } from '../../../src/core/change.ts';

const KEY = 'ns/web';

function report(once?: string): Change {
  return {
    member: 'cluster1',
    resource: 'serviceImports',
    namespace: 'ns',
    name: 'web',
    stage: 'status',
    op: 'patch',
    why: 'x',
    precondition: { uid: 'uid', resourceVersion: '1' },
    patch: { status: {} },
    ...(once !== undefined && { once }),
  };
}

it('writes a report once, and others always', () => {
  const reports = new SingleReports();
  const changes = [report(), report('uid a')];
  expect(reports.due(KEY, changes)).toEqual(changes);
  // It was not written.
  expect(reports.due(KEY, changes)).toEqual(changes);
  reports.note(KEY, changes);
  expect(reports.due(KEY, changes)).toEqual([report()]);
  expect(reports.due('ns/other', changes)).toEqual(changes);
});

it('writes a report about something else', () => {
  const reports = new SingleReports();
  reports.note(KEY, [report('uid a')]);
  expect(reports.due(KEY, [report('uid b')])).toEqual([report('uid b')]);
  reports.note(KEY, [report()]);
  expect(reports.due(KEY, [report('uid a')])).toEqual([]);
});

it('remembers a limited number of names', () => {
  const reports = new SingleReports();
  const changes = [report('uid a')];
  for (let i = 0; i <= 10_000; i++) reports.note(`ns/web-${i}`, changes);
  expect(reports.due('ns/web-0', changes)).toEqual(changes);
  expect(reports.due('ns/web-1', changes)).toEqual([]);
});
