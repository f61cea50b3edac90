/**
 * Schema of fleet.yaml: fields, limits, defaults and descriptions.
 * `docs/reference/fleet.schema.json` is generated from it, and `docs/reference/fleet.md` is tested against it.
 */
import { z } from 'zod';
import { cidrProblem } from './cidr.ts';
import { DURATION, parseDuration } from './duration.ts';

export const FLEET_API_VERSION = 'catamaran.dev/v1alpha1';
export const FLEET_KIND = 'Fleet';

/** The usual timing of leader election with client-go. */
export const LEASE_DEFAULTS = { duration: '15s', renewDeadline: '10s', retryPeriod: '2s' } as const;

/** A string with a pattern; `shape` completes `"x" is not ...`. */
function text(pattern: RegExp, shape: string) {
  const error = ({ input }: { readonly input?: unknown }) => {
    if (typeof input !== 'string' && pattern.test(String(input))) return undefined;
    return input === undefined || input === null ? undefined : `${JSON.stringify(input)} is not ${shape}`;
  };
  return z.string({ error }).regex(pattern, { error });
}

const label = text(
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'a DNS label; use at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends',
);

const subdomain = text(
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/,
  'a DNS name; use lower-case labels joined by dots, such as clusterset.local',
);

const longerThanZero = { error: 'must be longer than zero', abort: true };

const duration = text(DURATION, 'a duration; use a number and a unit (h, m, s, ms), such as 15s or 1m30s').refine(
  (value) => parseDuration(value) !== 0,
  longerThanZero,
);

const expiry = text(new RegExp(`^never$|${DURATION.source}`), 'a duration; use one such as 10m, or never').refine(
  (value) => parseDuration(value) !== 0,
  longerThanZero,
);

const prefix = text(
  /^[a-z][-a-z0-9]{0,19}$/,
  'a prefix of Service names; use at most 20 lower-case letters, digits and dashes, the first one a letter',
);

const cidr = z.string().superRefine((value, context) => {
  const problem = cidrProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, input: value });
});

const cidrs = z.array(cidr).default([]);

const mode = z.enum(['Manual', 'Automatic']);

const modeOverride = z.strictObject({
  mode: mode.meta({ description: 'Who creates ServiceImports here. Default: the next wider setting.' }),
});

const namespaceOverrides = z
  .array(
    z.strictObject({
      name: label.meta({ description: 'Name of the namespace.' }),
      import: modeOverride.meta({ description: 'Import settings of this namespace.' }),
    }),
  )
  .default([]);

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
  podCIDRs: cidrs.meta({
    description: 'Networks of the pods. If any pod, node or extra CIDR is set, addresses outside them are refused.',
  }),
  serviceCIDRs: cidrs.meta({ description: 'Networks of the cluster IPs. They may overlap between members.' }),
  nodeCIDRs: cidrs.meta({ description: 'Networks of the nodes, which are the addresses of pods with hostNetwork.' }),
  extraCIDRs: cidrs.meta({ description: 'Other networks with endpoints of Services of this member.' }),
  import: modeOverride.optional().meta({ description: 'Import settings of this member.' }),
  derivedPrefix: prefix.optional().meta({ description: "Prefix of this member's derived Services." }),
  namespaces: namespaceOverrides.meta({ description: 'Settings per namespace of this member.' }),
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
        namespaces: namespaceOverrides.meta({ description: 'Settings per namespace, in all members.' }),
        members: z.array(memberSchema).min(1).meta({ description: 'The clusters of the fleet, at least one.' }),
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
