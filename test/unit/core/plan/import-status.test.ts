import { describe, expect, test } from 'vitest';
import { FleetModel } from '../../../support/core/fleet-model.ts';
import { anImport } from '../../../support/core/objects.ts';
import { exporting, joinedBy } from '../../../support/core/scenarios.ts';

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
