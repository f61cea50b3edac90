/**
 * What may stand in fleet.yaml: the fields, their limits, defaults and descriptions.
 * `docs/reference/fleet.schema.json` is generated from it, and `docs/reference/fleet.md` is tested against it.
 */
import { z } from 'zod';
import { cidrProblem } from './cidr.ts';
import { DURATION, parseDuration } from './duration.ts';

export const FLEET_API_VERSION = 'catamaran.dev/v1alpha1';
export const FLEET_KIND = 'Fleet';

/** client-go's usual timing of leader election. */
export const LEASE_DEFAULTS = { duration: '15s', renewDeadline: '10s', retryPeriod: '2s' } as const;

/** A text of a fixed shape; `shape` completes `"x" is not ...`. */
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

const duration = text(DURATION, 'a duration; write a number and a unit (h, m, s, ms), such as 15s or 1m30s').refine(
  (value) => parseDuration(value) !== 0,
  longerThanZero,
);

const expiry = text(new RegExp(`^never$|${DURATION.source}`), 'a duration such as 10m; write one, or never').refine(
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
  mode: mode.meta({ description: 'Who creates ServiceImports here. Absent: the next wider setting counts.' }),
});

const namespaceOverrides = z
  .array(
    z.strictObject({
      name: label.meta({ description: 'Name of the namespace.' }),
      import: modeOverride.meta({ description: 'How this namespace imports.' }),
    }),
  )
  .default([]);

/** One entry of `spec.members`. */
export const memberSchema = z.strictObject({
  name: label.meta({
    description: 'Name of the member: the cluster id in DNS names, labels and statuses. One DNS label.',
  }),
  kubeconfig: z.string().min(1).optional().meta({
    description: 'Path of a kubeconfig, relative to this file. Absent: KUBECONFIG, else ~/.kube/config.',
  }),
  context: z.string().min(1).optional().meta({
    description: "Context of the kubeconfig. Absent: the kubeconfig's current-context.",
  }),
  inCluster: z
    .boolean()
    .default(false)
    .meta({ description: 'Use the service account of the pod that Catamaran runs in, in place of a kubeconfig.' }),
  podCIDRs: cidrs.meta({
    description: 'Networks of the pods. With any of pod, node and extra CIDRs, other addresses are refused.',
  }),
  serviceCIDRs: cidrs.meta({ description: "Networks of the Services' cluster IPs. They may overlap between members." }),
  nodeCIDRs: cidrs.meta({ description: 'Networks of the nodes: the addresses of pods with hostNetwork.' }),
  extraCIDRs: cidrs.meta({ description: 'Other networks that Services of the member may point to.' }),
  import: modeOverride.optional().meta({ description: 'How this member imports.' }),
  derivedPrefix: prefix.optional().meta({ description: "Prefix of this member's derived Services." }),
  namespaces: namespaceOverrides.meta({ description: 'Settings of single namespaces of this member.' }),
});

/** The whole file. */
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
              .meta({ description: 'DNS zone of the clusterset, without a dot at the end.' }),
          })
          .prefault({})
          .meta({ description: 'The clusterset.' }),
        import: z
          .strictObject({
            mode: mode.default('Automatic').meta({
              description:
                'Automatic: every member that has the namespace imports. Manual: a member imports what its users ask for with a ServiceImport.',
            }),
          })
          .prefault({})
          .meta({ description: 'How members import.' }),
        derivedPrefix: prefix
          .default('amcs-')
          .meta({ description: 'Put before the name of an imported Service to name its derived Service.' }),
        unreachableAfter: duration
          .default('15s')
          .meta({ description: 'A member whose API has not answered for this long is reported as unreachable.' }),
        endpointExpiry: expiry
          .default('never')
          .meta({ description: 'How long the endpoints of an unreachable member are kept.' }),
        lease: z
          .strictObject({
            namespace: label.default('kube-system').meta({ description: 'Namespace of the Lease in each member.' }),
            name: subdomain.default('catamaran').meta({ description: 'Name of the Lease in each member.' }),
            duration: duration.default(LEASE_DEFAULTS.duration).meta({
              description: 'A replica that has not renewed for this long may be replaced. Whole seconds.',
            }),
            renewDeadline: duration.default(LEASE_DEFAULTS.renewDeadline).meta({
              description: 'A holder that could not renew for this long stops writing. Shorter than duration.',
            }),
            retryPeriod: duration.default(LEASE_DEFAULTS.retryPeriod).meta({
              description: 'Time between two attempts to get or renew the Lease. Shorter than renewDeadline.',
            }),
          })
          .prefault({})
          .meta({ description: 'The Lease that the writer of a member holds in that member.' }),
        namespaces: namespaceOverrides.meta({ description: 'Settings of single namespaces, in all members.' }),
        members: z.array(memberSchema).min(1).meta({ description: 'The clusters of the fleet, at least one.' }),
      })
      .meta({ description: 'What the fleet is.' }),
  })
  .meta({ title: 'Fleet', description: 'Configuration of Catamaran: which clusters share Services, and how.' });

/** The file after validation, with defaults. */
export type FleetDocument = z.output<typeof fleetSchema>;

/** A member after validation, with defaults. */
export type MemberDocument = z.output<typeof memberSchema>;

/** JSON Schema (2020-12) of the file as a user writes it, for editors. */
export function fleetJsonSchema() {
  return z.toJSONSchema(fleetSchema, { io: 'input' });
}
