import { expect, it } from 'vitest';
import { slimService } from '../../../../src/fleet/slim/slim-service.ts';

const base = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'ns', name: 'web' } };

it('names the fields that expose a Service outside its cluster', () => {
  const spec = { externalIPs: ['192.0.2.1'], externalName: null, loadBalancerClass: 'x', ports: [{ port: 80 }] };
  expect(slimService({ ...base, spec }).spec.exposing).toEqual(['externalIPs', 'loadBalancerClass']);
  expect(slimService({ ...base, spec: { ports: [{ port: 80 }] } }).spec.exposing).toBeUndefined();
});
