/** What a user can do about a condition, by its reason. `docs/reference/conditions.md` explains each. */
import type { ExportReason, ImportReason } from '../../api/multicluster.ts';

/** For a member whose API server does not respond. */
export const RECONNECT = 'restore the connection to its API server';

const OF_EXPORTS: Partial<Record<ExportReason, string>> = {
  NoService: 'create the Service, or delete the ServiceExport',
  InvalidServiceType: 'export a Service that has endpoints of its own',
  InvalidService: 'find out why the API server serves such a Service',
  NotAllowed: 'ask the operator of the fleet for an entry in spec.namespaces of the fleet file',
  LimitReached: 'delete other exports, or raise spec.limits of the fleet file',
  AddressRefused: 'declare the network of the addresses in the fleet file, if it belongs to the member',
  InvalidObject: 'fix the EndpointSlice that the message names',
};

const OF_IMPORTS: Partial<Record<ImportReason, string>> = {
  NotExported: 'create a ServiceExport in a cluster that has the Service',
  NotAllowed: 'ask the operator of the fleet for an entry in spec.namespaces of the fleet file',
  PortNotExported: 'request a port that the message lists',
  InvalidPort: 'fix the port that the message names',
  InvalidField: 'fix the field that the message names',
  TypeMismatch: 'set spec.type of the ServiceImport to the type that the message names',
  IPFamilyNotSupported: 'export an IP family that this cluster has',
  NameConflict: 'rename or delete the Service that has the derived name',
  ForeignEndpoints: 'delete the EndpointSlices that the message names',
  Rejected: 'fix what the API server complains about: a quota, an admission policy or missing permissions',
  Terminating: 'find out what the finalizers that the message names wait for',
  MemberUnreachable: 'restore the connection to the members that the message names; their endpoints are kept',
  NoEndpoints: 'scale the Service up in an exporting cluster',
  NoneReady: 'look at the pods in the clusters that the message names',
  AddressesRefused: 'see the condition catamaran.dev/EndpointsAccepted of the ServiceExports',
  LocalPolicyOnly: 'set internalTrafficPolicy of the exported Service to Cluster',
  ManagedByOther: 'stop the client that the message names from managing the import, then delete and create it again',
};

/** Undefined if there is nothing to do, or the reason is of another implementation. */
export function remedyOfExport(reason: string): string | undefined {
  return Object.entries(OF_EXPORTS).find(([each]) => each === reason)?.[1];
}

export function remedyOfImport(reason: string): string | undefined {
  return Object.entries(OF_IMPORTS).find(([each]) => each === reason)?.[1];
}
