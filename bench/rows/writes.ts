/** Writes per change and consumer, from the audit logs. */
import { RESOURCES } from '../../src/api/resources.ts';
import { pathOf } from '../../src/kube/client/paths.ts';
import type { Api } from '../harness/api.ts';
import { type AuditMark, describeWrites, markAudit, total } from '../harness/audit.ts';
import { alternate, withComparison } from '../harness/comparison.ts';
import { PRODUCT_AGENT, RELAY_AGENT, slicesPath } from '../harness/names.ts';
import { type Shape, serviceName, sliceName } from '../harness/sources.ts';
import type { TestBed } from '../harness/test-bed.ts';
import { type Figure, figure } from '../report/figures.ts';
import type { Log, Scale } from './scale.ts';

const LOAD = { namespace: 'writes', services: 1, slicesPerService: 1, endpoints: 10, headless: false };

/** Both clusters import, so each change has two consumers; reports the one with more writes. */
export async function writes(testBed: TestBed, { changes }: Scale, log: Log): Promise<readonly Figure[]> {
  return await withComparison(testBed, LOAD, { everywhere: true }, async (comparison) => {
    const marks = (): Promise<AuditMark[]> =>
      Promise.all([testBed.source, testBed.consumer].map(({ plane }) => markAudit(plane.auditLog)));
    const count = async (since: readonly AuditMark[], agent: string) => {
      const counted = await Promise.all(since.map((mark) => mark.writesOf(agent)));
      return { most: Math.max(...counted.map(total)), text: counted.map(describeWrites).join('; ') };
    };

    const beforeChanges = await marks();
    await alternate(comparison, changes, () => {});
    await comparison.controller.settled();
    const catamaran = await count(beforeChanges, PRODUCT_AGENT);
    const bare = await count(beforeChanges, RELAY_AGENT);
    log(`${changes} changes; writes by Catamaran per cluster: ${catamaran.text}`);

    const beforeNoOps = await marks();
    let noOps = 0;
    for (let round = 0; round < changes; round += NO_OPS.length) {
      for (const { shape } of [comparison.catamaran, comparison.relay]) {
        for (const noOp of NO_OPS) await noOp(testBed.source.api, shape, round);
      }
      await annotate(
        testBed.source.api,
        RESOURCES.serviceExports,
        comparison.catamaran.shape,
        serviceName(comparison.catamaran.shape, 0),
        round,
      );
      noOps += NO_OPS.length + 1;
    }
    await comparison.controller.settled();
    const catamaranNoOps = await count(beforeNoOps, PRODUCT_AGENT);
    const bareNoOps = await count(beforeNoOps, RELAY_AGENT);
    log(`${noOps} no-ops; writes by Catamaran per cluster: ${catamaranNoOps.text}`);
    return [
      figure({
        row: 'writes per source change and consumer',
        unit: 'writes',
        target: { atMost: 1 },
        catamaran: catamaran.most / changes,
        baseline: bare.most / changes,
      }),
      figure({
        row: 'writes for no-ops',
        unit: 'writes',
        target: { atMost: 0 },
        catamaran: catamaranNoOps.most,
        baseline: bareNoOps.most,
        note: `${noOps} no-ops: annotations, labels and field managers of source slices, Services and exports`,
      }),
    ];
  });
}

/** Writes at the source that do not affect consumers. */
const NO_OPS: readonly ((api: Api, shape: Shape, round: number) => Promise<void>)[] = [
  (api, shape, round) => annotate(api, RESOURCES.endpointSlices, shape, sliceName(shape, 0), round),
  (api, shape, round) => annotate(api, RESOURCES.services, shape, serviceName(shape, 0), round),
  (api, shape, round) => {
    const patch = { metadata: { labels: { 'bench.example.com/round': `${round}` } } };
    return api.patch('merge', slicesPath(shape.namespace, sliceName(shape, 0)), patch);
  },
  // Applies an existing label, which changes only metadata.managedFields.
  (api, shape, round) => {
    const name = sliceName(shape, 0);
    const labels = { 'kubernetes.io/service-name': serviceName(shape, 0) };
    const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name, labels } };
    const path = `${slicesPath(shape.namespace, name)}?fieldManager=bench-${round}&force=true`;
    return api.patch('apply', path, { ...slice, addressType: 'IPv4' });
  },
];

function annotate(
  api: Api,
  resource: Parameters<typeof pathOf>[0],
  { namespace }: Shape,
  name: string,
  round: number,
): Promise<void> {
  const patch = { metadata: { annotations: { 'bench.example.com/round': `${round}` } } };
  return api.patch('merge', pathOf(resource, { namespace, name }), patch);
}
