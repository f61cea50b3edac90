import { expect, test } from 'vitest';
import { shapeOf } from '../../../../src/core/desired/service-shape.ts';
import { aService } from '../../../support/core/objects.ts';

test('the shape of a Service is what it serves, and how', () => {
  expect(shapeOf(aService())).toEqual({
    headless: false,
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    families: ['IPv4'],
    traffic: { sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' },
  });
  expect(shapeOf(aService({ clusterIP: 'None' })).headless).toBe(true);
  const { ipFamilies: _, ...spec } = aService().spec;
  expect(shapeOf({ ...aService(), spec }).families).toEqual([]);
});
