import { expect, test } from 'vitest';
import { trafficOf } from '../../../../src/core/merge/traffic.ts';
import { aService } from '../../../support/core/objects.ts';

test('traffic is what a Service says, and nothing else', () => {
  const { internalTrafficPolicy: _, ...spec } = aService().spec;
  expect(trafficOf({ ...aService(), spec })).toStrictEqual({ sessionAffinity: 'None' });
  expect(
    trafficOf(
      aService({
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
        internalTrafficPolicy: 'Local',
        trafficDistribution: 'PreferClose',
      }),
    ),
  ).toStrictEqual({
    sessionAffinity: 'ClientIP',
    affinitySeconds: 60,
    internalTrafficPolicy: 'Local',
    trafficDistribution: 'PreferClose',
  });
});

test.each([
  ['no config', {}],
  ['a config without clients', { sessionAffinityConfig: {} }],
  ['no timeout', { sessionAffinityConfig: { clientIP: {} } }],
])('affinity with %s lasts for 3 hours', (_, config) => {
  expect(trafficOf(aService({ sessionAffinity: 'ClientIP', ...config })).affinitySeconds).toBe(10_800);
});

test('a headless Service has no affinity', () => {
  expect(trafficOf(aService({ clusterIP: 'None', sessionAffinity: 'ClientIP' }))).toStrictEqual({
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
  });
});
