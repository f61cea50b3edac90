import { describe, expect, it } from 'vitest';
import { Metrics } from '../../../src/controller/metrics.ts';

describe('propagation', () => {
  it('is a histogram of changes whose time is credible, and a count of the others', async () => {
    const metrics = new Metrics();
    metrics.propagated('cluster2', 1_500);
    metrics.propagated('cluster2', 7_000);
    metrics.propagated('cluster2', undefined);
    const text = await metrics.registry.metrics();
    expect(text).toContain('catamaran_propagation_seconds_bucket{le="5",member="cluster2"} 1');
    expect(text).toContain('catamaran_propagation_seconds_count{member="cluster2"} 2');
    expect(text).toContain('catamaran_propagation_unmeasured_total{member="cluster2"} 1');
  });
});
