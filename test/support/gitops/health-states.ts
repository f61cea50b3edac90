/**
 * Exports and imports in the states that GitOps tools see, with the status that the engine writes, and what each tool
 * should make of it.
 */
import type { JsonObject } from '../../../src/api/json.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import { FleetModel, type MemberModel } from '../core/fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, at, DERIVED, HTTP, NAMESPACE } from '../core/objects.ts';
import { asking, edit, exporting, joinedBy } from '../core/scenarios.ts';

export interface HealthState {
  readonly title: string;
  readonly object: JsonObject;
  readonly argo: 'Healthy' | 'Progressing' | 'Degraded';
  /** By the expressions of the example. */
  readonly flux: 'Current' | 'InProgress' | 'Failed';
  /** Without expressions. */
  readonly kstatus: 'Current' | 'InProgress' | 'Terminating';
}

function json(object: KubeObject | undefined): JsonObject {
  if (!object) throw new Error('the object does not exist');
  return JSON.parse(JSON.stringify(object));
}

/** An object whose spec its user has just changed. */
function changed(object: KubeObject | undefined): JsonObject {
  const { metadata, ...rest } = json(object);
  return { ...rest, metadata: { ...Object(metadata), generation: 9 } };
}

function ofExport(prepare: (member: MemberModel) => void): JsonObject {
  const fleet = new FleetModel();
  const cluster1 = fleet.member('cluster1', { cidrs: ['10.1.0.0/16'] });
  prepare(cluster1);
  fleet.converge();
  return json(cluster1.exported);
}

function ofImport(prepare: (member: MemberModel, fleet: FleetModel) => void = () => {}): JsonObject {
  const fleet = asking();
  const cluster2 = fleet.member('cluster2');
  prepare(cluster2, fleet);
  fleet.converge();
  return json(cluster2.imported);
}

function ofOther(conditions: readonly JsonObject[]): JsonObject {
  return ofImport((cluster2) => {
    const status = { clusters: [{ cluster: 'other' }], conditions };
    cluster2.api.put('serviceImports', { ...json(cluster2.imported), status }, 'cilium-operator');
  });
}

const WEB = [aSlice('web-1', [anEndpoint('10.1.0.1')])];
const UNREADY = [aSlice('web-1', [anEndpoint('10.1.0.1', { conditions: { ready: false } })])];
const READY = { type: 'Ready', status: 'True', reason: 'Ready', message: 'synced', lastTransitionTime: at(0) };

const EXPORTS: readonly HealthState[] = [
  {
    title: 'an export that no controller has seen',
    object: json(anExport()),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'Current',
  },
  {
    title: 'an export that is served',
    object: ofExport((member) => member.export(anExport(), aService(), WEB)),
    argo: 'Healthy',
    flux: 'Current',
    kstatus: 'Current',
  },
  {
    title: 'an export that was changed since',
    object: changed(exporting().member('cluster1').exported),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'Current',
  },
  {
    title: 'an export without its Service',
    object: ofExport((member) => member.export(anExport(), undefined)),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'InProgress',
  },
  {
    title: 'an export of an ExternalName Service',
    object: ofExport((member) => member.export(anExport(), aService({ type: 'ExternalName' }))),
    argo: 'Degraded',
    flux: 'Failed',
    kstatus: 'InProgress',
  },
  {
    title: 'an export with a refused endpoint',
    object: ofExport((member) =>
      member.export(anExport(), aService(), [aSlice('web-1', [anEndpoint('10.1.0.1'), anEndpoint('10.9.0.1')])]),
    ),
    argo: 'Degraded',
    flux: 'Failed',
    kstatus: 'Current',
  },
  {
    title: 'an export in a conflict',
    object: json(joinedBy(exporting(), aService({ ports: [{ ...HTTP, port: 81 }] })).member('cluster3').exported),
    argo: 'Healthy',
    flux: 'Current',
    kstatus: 'Current',
  },
];

const IMPORTS: readonly HealthState[] = [
  {
    title: 'an import that no controller has seen',
    object: json(anImport({}, { generation: 1 })),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'Current',
  },
  { title: 'an import that is served', object: ofImport(), argo: 'Healthy', flux: 'Current', kstatus: 'Current' },
  {
    title: 'an automatic import',
    object: json(exporting().member('cluster2').imported),
    argo: 'Healthy',
    flux: 'Current',
    kstatus: 'Current',
  },
  {
    title: 'an import that was changed since',
    object: changed(asking().member('cluster2').imported),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'Current',
  },
  {
    title: 'an import that no cluster exports',
    object: ofImport((_, fleet) => fleet.member('cluster1').unexport()),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'InProgress',
  },
  {
    title: 'an import of a port that no cluster exports',
    object: ofImport((cluster2) => edit(cluster2, { ports: [{ ...HTTP, port: 8080 }] })),
    argo: 'Degraded',
    flux: 'Failed',
    kstatus: 'InProgress',
  },
  {
    title: 'an import with an invalid port',
    object: ofImport((cluster2) => edit(cluster2, { ports: [{ port: 0 }] })),
    argo: 'Degraded',
    flux: 'Failed',
    kstatus: 'InProgress',
  },
  {
    title: 'an import whose Service is that of another client',
    object: ofImport((cluster2) => {
      cluster2.api.remove('services', DERIVED);
      cluster2.api.put('services', {
        metadata: { name: DERIVED, namespace: NAMESPACE },
        spec: { ports: [{ port: 1 }] },
      });
    }),
    argo: 'Degraded',
    flux: 'Failed',
    kstatus: 'InProgress',
  },
  {
    title: 'an import without endpoints',
    object: ofImport((_, fleet) => fleet.member('cluster1').export(anExport(), aService(), [])),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'Current',
  },
  {
    title: 'an import without a ready endpoint',
    object: ofImport((_, fleet) => fleet.member('cluster1').export(anExport(), aService(), UNREADY)),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'Current',
  },
  {
    title: 'an import whose policy excludes all endpoints',
    object: ofImport((cluster2) => edit(cluster2, { internalTrafficPolicy: 'Local' })),
    argo: 'Degraded',
    flux: 'Failed',
    kstatus: 'Current',
  },
  {
    title: 'an import whose exporter does not respond',
    object: ofImport((_, fleet) => fleet.member('cluster1').set({ reachable: false })),
    argo: 'Healthy',
    flux: 'Current',
    kstatus: 'Current',
  },
  {
    title: 'an import of another implementation, without Ready',
    object: ofOther([]),
    argo: 'Healthy',
    flux: 'Current',
    kstatus: 'Current',
  },
  {
    title: 'an import that another implementation reports as ready',
    object: ofOther([READY]),
    argo: 'Healthy',
    flux: 'Current',
    kstatus: 'Current',
  },
  {
    title: 'an import that is being deleted',
    object: ofImport((cluster2) => {
      const { metadata, ...rest } = json(cluster2.imported);
      const going = { ...Object(metadata), deletionTimestamp: at(9), finalizers: ['example.org/hold'] };
      cluster2.api.put('serviceImports', { ...rest, metadata: going });
    }),
    argo: 'Progressing',
    flux: 'InProgress',
    kstatus: 'Terminating',
  },
];

export const HEALTH_STATES: readonly HealthState[] = [...EXPORTS, ...IMPORTS];
