/** Fleets that most tests of the engine start from, and short ways to read them. */
import type { ServiceImportSpec } from '../../../src/api/multicluster.ts';
import type { Change } from '../../../src/core/change.ts';
import { FleetModel, type MemberModel, type MemberSettings } from './fleet-model.ts';
import { anEndpoint, anExport, anImport, aService, aSlice, at } from './objects.ts';

export const ADMIN = { name: 'admin', protocol: 'TCP', port: 9090 } as const;

/** A condition of a member's own export or import. */
export function conditionOf(member: MemberModel, kind: 'exported' | 'imported', type: string) {
  return member[kind]?.status?.conditions?.find((candidate) => candidate.type === type);
}

/** The Ready condition of a member's import. */
export function readyOf(member: MemberModel) {
  return conditionOf(member, 'imported', 'Ready');
}

/** The Ready condition of a member's import as text. */
export function readiness({ imported }: MemberModel) {
  const condition = imported?.status?.conditions?.find(({ type }) => type === 'Ready');
  return condition && `${condition.status} ${condition.reason}: ${condition.message}`;
}

/** cluster1 exports, cluster2 consumes; both have settled. */
export function exporting(service = aService(), settings: Partial<MemberSettings> = {}): FleetModel {
  const fleet = new FleetModel();
  fleet
    .member('cluster1')
    .export(anExport(), service, [
      aSlice('web-1', [anEndpoint('10.1.0.1')]),
      aSlice('web-2', [anEndpoint('10.1.0.2')]),
    ]);
  fleet.member('cluster2', settings);
  fleet.converge();
  return fleet;
}

/** Adds a second exporter, by default a younger one. */
export function joinedBy(fleet: FleetModel, service = aService(), created = at(60), spec = {}): FleetModel {
  fleet.member('cluster3').export(anExport(spec, created), service, [aSlice('web-1', [anEndpoint('10.3.0.1')])]);
  fleet.converge();
  return fleet;
}

/** cluster1 exports, and a user of cluster2 imports; both have settled. */
export function asking(spec: Partial<ServiceImportSpec> = {}, service = aService()): FleetModel {
  const fleet = new FleetModel();
  fleet
    .member('cluster1', { importMode: 'Manual' })
    .export(anExport(), service, [aSlice('web-1', [anEndpoint('10.1.0.1')])]);
  fleet.member('cluster2', { importMode: 'Manual' }).import(anImport(spec));
  fleet.converge();
  return fleet;
}

/** Changes the spec of a member's import as its user. */
export function edit(member: MemberModel, spec: Partial<ServiceImportSpec>): void {
  const { imported } = member;
  if (imported) member.import({ ...imported, spec: { ...imported.spec, ...spec } });
}

/** Changes as `stage: op resource`. */
export function summaries(changes: readonly Change[]): readonly string[] {
  return changes.map(({ op, resource, stage }) => `${stage}: ${op} ${resource}`);
}

/** Ports of a member's derived slices from one source. */
export function derivedPorts(member: MemberModel, source: string) {
  return member.derivedSlices
    .filter(({ metadata }) => metadata.labels?.['multicluster.kubernetes.io/source-cluster'] === source)
    .flatMap(({ ports }) => ports ?? []);
}
