import { describe, expect, it, vi } from 'vitest';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { run } from '../../tools/controlplane/component.ts';
import { sharedPlanes } from '../support/clusters/shared-planes.ts';

const planes = sharedPlanes();

function kubectl(cluster: number, ...args: string[]): Promise<string> {
  const plane = planes[cluster];
  if (plane === undefined) throw new Error(`control plane ${cluster} not found`);
  return run(findBinary('kubectl'), ['--kubeconfig', plane.kubeconfig, ...args]);
}

describe('the shared control planes', () => {
  it('are three clusters with ranges that do not overlap', () => {
    expect(planes.map((plane) => plane.name)).toEqual(['cluster1', 'cluster2', 'cluster3']);
    const ranges = planes.flatMap((plane) => [...plane.podCIDRs, ...plane.serviceCIDRs]);
    expect(new Set(ranges).size).toBe(12);
  });

  it('run pods with an address of each family, in dual-stack slices', async () => {
    const namespace = 'controlplanes-pods';
    await kubectl(0, 'create', 'namespace', namespace);
    try {
      await kubectl(0, '-n', namespace, 'create', 'deployment', 'web', '--image=web', '--replicas=2');
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace },
        spec: { ipFamilyPolicy: 'RequireDualStack', selector: { app: 'web' }, ports: [{ port: 80 }] },
      };
      await run(findBinary('kubectl'), ['--kubeconfig', planes[0]?.kubeconfig ?? '', 'create', '-f', '-'], {
        input: JSON.stringify(service),
      });
      const path = '{range .items[*]}{range .endpoints[*]}{.addresses[0]} {.conditions.ready} {.zone}{"\\n"}{end}{end}';
      await vi.waitFor(
        async () => {
          const lines = await kubectl(0, '-n', namespace, 'get', 'endpointslices', '-o', `jsonpath=${path}`);
          const endpoints = lines.trim().split('\n').sort();
          expect(endpoints).toHaveLength(4);
          expect(endpoints.slice(0, 2)).toEqual([
            expect.stringMatching(/^10\.1\.\S+ true zone-[ab]$/),
            expect.stringMatching(/^10\.1\.\S+ true zone-[ab]$/),
          ]);
          expect(endpoints.slice(2)).toEqual([
            expect.stringMatching(/^fd00:10:1:\S+ true zone-[ab]$/),
            expect.stringMatching(/^fd00:10:1:\S+ true zone-[ab]$/),
          ]);
        },
        { timeout: 20_000, interval: 100 },
      );
    } finally {
      await kubectl(0, 'delete', 'namespace', namespace, '--wait=false');
    }
  });
});
