/**
 * Schema of fleet.yaml: fields, limits, defaults and descriptions.
 * `docs/reference/fleet.schema.json` is generated from it, and `docs/reference/fleet.md` is tested against it.
 */
import { z } from 'zod';
import { ANNOTATIONS_LENGTH } from '../core/merge/exported-keys.ts';
import { INVENTORY_FORMATS } from './fleet-config.ts';
import {
  cidrs,
  clusterId,
  duration,
  expiry,
  exportedKeys,
  label,
  memberNames,
  namespaceName,
  prefix,
  subdomain,
} from './value-schemas.ts';

export const FLEET_API_VERSION = 'catamaran.dev/v1alpha1';
export const FLEET_KIND = 'Fleet';

/** The usual timing of leader election with client-go. */
export const LEASE_DEFAULTS = { duration: '15s', renewDeadline: '10s', retryPeriod: '2s' } as const;

const mode = z.enum(['Manual', 'Automatic']);

const slices = z.enum(['Managed', 'Any']);

const modeOverride = z.strictObject({
  mode: mode.meta({ description: 'Who creates ServiceImports here. Default: the next wider setting.' }),
});

const memberNamespaces = z
  .array(
    z.strictObject({
      name: namespaceName.meta({ description: 'Name of the namespace, or a prefix such as team-*.' }),
      import: modeOverride.meta({ description: 'Import settings of this namespace.' }),
    }),
  )
  .default([]);

const fleetNamespaces = z
  .array(
    z.strictObject({
      name: namespaceName.meta({ description: 'Name of the namespace, or a prefix such as team-*, or * for all.' }),
      import: z
        .strictObject({
          mode: mode
            .optional()
            .meta({ description: 'Who creates ServiceImports here. Default: the next wider setting.' }),
          members: memberNames.optional().meta({ description: 'Members that may import, or ["*"] for all.' }),
        })
        .optional()
        .meta({ description: 'Import settings of this namespace.' }),
      export: z
        .strictObject({
          members: memberNames.optional().meta({ description: 'Members that may export, or ["*"] for all.' }),
          slices: slices
            .optional()
            .meta({ description: 'Which EndpointSlices are imported. Default: the setting of the member.' }),
        })
        .optional()
        .meta({ description: 'Export settings of this namespace.' }),
    }),
  )
  .default([]);

/** Allow-list of the keys that exports may set on imports. */
function allowList(kind: string) {
  return z
    .strictObject({
      allow: exportedKeys.meta({ description: 'Keys, or prefixes such as example.com/*. Others are left out.' }),
    })
    .prefault({})
    .meta({ description: `Exported ${kind} that are set on imports.` });
}

const limit = (maximum: number) => z.int().min(1).max(maximum);

export const memberSchema = z.strictObject({
  name: label.meta({
    description: 'Name of the member: the cluster id in DNS names, labels and statuses. One DNS label.',
  }),
  kubeconfig: z.string().min(1).optional().meta({
    description: 'Path of a kubeconfig, relative to this file. Default: KUBECONFIG or ~/.kube/config.',
  }),
  context: z.string().min(1).optional().meta({
    description: 'Context of the kubeconfig. Default: current-context.',
  }),
  inCluster: z
    .boolean()
    .default(false)
    .meta({ description: 'Use the ServiceAccount of the pod that Catamaran runs in instead of a kubeconfig.' }),
  clusterId: clusterId.optional().meta({
    description: 'UID of the namespace kube-system of the cluster. Another cluster is refused. Default: any.',
  }),
  podCIDRs: cidrs.meta({
    description: 'Networks of the pods. Without any pod, node or extra CIDR, the networks of the nodes are read.',
  }),
  serviceCIDRs: cidrs.meta({ description: 'Networks of the cluster IPs. They may overlap between members.' }),
  nodeCIDRs: cidrs.meta({ description: 'Networks of the nodes, which are the addresses of pods with hostNetwork.' }),
  extraCIDRs: cidrs.meta({ description: 'Other networks with endpoints of Services of this member.' }),
  addresses: z.enum(['Known', 'Any']).default('Known').meta({
    description:
      'Which addresses are imported. Known: those in networks that are declared here or read from the nodes. Any: every address that belongs to no other member.',
  }),
  slices: slices.default('Managed').meta({
    description:
      'Which EndpointSlices are imported. Managed: those of the EndpointSlice controller, for Services with a selector. Any: also those that users and other controllers create.',
  }),
  import: modeOverride.optional().meta({ description: 'Import settings of this member.' }),
  derivedPrefix: prefix.optional().meta({ description: "Prefix of this member's derived Services." }),
  namespaces: memberNamespaces.meta({ description: 'Settings per namespace of this member.' }),
});

const inventorySchema = z.strictObject({
  format: z.enum(INVENTORY_FORMATS).meta({
    description:
      'What describes a member. Catamaran: Secrets of catamaran join, label catamaran.dev/secret-type. ClusterAPI: Secrets NAME-kubeconfig of type cluster.x-k8s.io/secret. ArgoCD: Secrets with the label argocd.argoproj.io/secret-type: cluster. MulticlusterRuntime: Secrets with the label sigs.k8s.io/multicluster-runtime-kubeconfig. ClusterProfile: ClusterProfiles with a Secret of the same name, key token.',
  }),
  namespace: label.optional().meta({ description: 'Namespace of the objects. Default: that of the controller.' }),
  matchLabels: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Labels that an object must have, besides those of its format.' }),
  kubeconfig: z.string().min(1).optional().meta({
    description:
      'Path of the kubeconfig of the cluster that has the objects. Default: the ServiceAccount of the pod, or KUBECONFIG.',
  }),
  context: z.string().min(1).optional().meta({ description: 'Context of that kubeconfig. Default: current-context.' }),
});

export const fleetSchema = z
  .strictObject({
    apiVersion: z.literal(FLEET_API_VERSION).meta({ description: 'Version of this format.' }),
    kind: z.literal(FLEET_KIND).meta({ description: 'Kind of this document.' }),
    metadata: z
      .strictObject({ name: subdomain.optional().meta({ description: 'Name of the fleet, for logs.' }) })
      .prefault({})
      .meta({ description: 'Name of the fleet.' }),
    spec: z
      .strictObject({
        clusterset: z
          .strictObject({
            domain: subdomain
              .default('clusterset.local')
              .meta({ description: 'DNS zone of the clusterset, without a trailing dot.' }),
          })
          .prefault({})
          .meta({ description: 'The clusterset.' }),
        import: z
          .strictObject({
            mode: mode.default('Automatic').meta({
              description:
                'Automatic: every member that has the namespace imports. Manual: a member imports the Services for which its users create a ServiceImport.',
            }),
          })
          .prefault({})
          .meta({ description: 'Import settings of all members.' }),
        derivedPrefix: prefix
          .default('amcs-')
          .meta({ description: 'Prefix of the names of derived Services, before the name of the imported Service.' }),
        unreachableAfter: duration.default('3m').meta({
          description:
            'A member whose API server has not responded for this long is reported as unreachable on every import; after 15s at most on those that have no other endpoints.',
        }),
        endpointExpiry: expiry.default('never').meta({
          description: 'How long the endpoints of an unreachable member are kept; never disables expiry.',
        }),
        lease: z
          .strictObject({
            namespace: label.default('kube-system').meta({ description: 'Namespace of the Lease in each member.' }),
            name: subdomain.default('catamaran').meta({ description: 'Name of the Lease in each member.' }),
            duration: duration.default(LEASE_DEFAULTS.duration).meta({
              description: 'A replica that has not renewed the Lease for this long may be replaced. Whole seconds.',
            }),
            renewDeadline: duration.default(LEASE_DEFAULTS.renewDeadline).meta({
              description:
                'A holder that could not renew the Lease for this long stops writing. Shorter than duration.',
            }),
            retryPeriod: duration.default(LEASE_DEFAULTS.retryPeriod).meta({
              description: 'Interval between attempts to acquire or renew the Lease. Shorter than renewDeadline.',
            }),
          })
          .prefault({})
          .meta({ description: 'The Lease that the writer of a member holds in that member.' }),
        namespaces: fleetNamespaces.meta({ description: 'Settings per namespace, in all members.' }),
        exportedLabels: allowList('labels'),
        exportedAnnotations: allowList('annotations'),
        limits: z
          .strictObject({
            exportsPerMember: limit(100_000)
              .default(5_000)
              .meta({ description: 'Maximum number of exports of a member.' }),
            exportsPerNamespace: limit(100_000)
              .default(1_000)
              .meta({ description: 'Maximum number of exports of a member in one namespace.' }),
            endpointsPerExport: limit(100_000)
              .default(10_000)
              .meta({ description: 'Maximum number of endpoints of an export.' }),
            exportedBytes: limit(ANNOTATIONS_LENGTH)
              .default(16_384)
              .meta({ description: 'Maximum bytes of the exported labels and annotations of an export.' }),
            memberBytes: limit(4 * 1024 ** 3)
              .default(128 * 1024 ** 2)
              .meta({
                description: 'Maximum bytes of the objects of a member that are kept in memory, as an estimate.',
              }),
          })
          .prefault({})
          .meta({ description: 'Limits of what a member can export.' }),
        guard: z
          .strictObject({
            percent: z.int().min(0).max(100).default(50).meta({
              description:
                'An edit that removes more than this share of the endpoints, exports or imports of a member or of the fleet is held back; 100 disables it.',
            }),
            minimum: limit(100_000).default(5).meta({
              description: 'An edit that removes fewer endpoints, exports and imports than this is not held back.',
            }),
            confirm: z.string().min(1).optional().meta({
              description:
                'Token of this file, which applies an edit that is held back; from the log or config confirm.',
            }),
          })
          .prefault({})
          .meta({ description: 'Protection from edits by mistake.' }),
        inventories: z
          .array(inventorySchema)
          .default([])
          .meta({ description: 'Where more members come from. Changes apply while the controller runs.' }),
        members: z.array(memberSchema).meta({ description: 'The clusters of the fleet.' }),
      })
      .meta({ description: 'Specification of the fleet.' }),
  })
  .meta({ title: 'Fleet', description: 'Configuration of Catamaran: which clusters share Services, and how.' });

/** The file after validation, with defaults. */
export type FleetDocument = z.output<typeof fleetSchema>;

/** A member after validation, with defaults. */
export type MemberDocument = z.output<typeof memberSchema>;

/** JSON Schema (2020-12) of the file as users write it, for editors. */
export function fleetJsonSchema() {
  return z.toJSONSchema(fleetSchema, { io: 'input' });
}
