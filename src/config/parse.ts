/** Parses fleet.yaml: YAML, schema, checks across fields, FleetConfig. */

import { digits } from '../core/fingerprint.ts';
import { atOnce, type Steps } from '../runtime/steps.ts';
import { yamlSteps } from '../runtime/yaml.ts';
import { accessOf, type MemberAccess } from './access.ts';
import { parseDuration } from './duration.ts';
import type { FleetConfig, MemberConfig, NamespaceOverride, NamespaceSettings } from './fleet-config.ts';
import {
  type ConfigProblem,
  describeIssue,
  FleetConfigError,
  offsetOf,
  problemMaker,
  schemaProblems,
} from './problems.ts';
import { type FleetDocument, fleetSchema, type MemberDocument } from './schema.ts';
import { validateFields } from './validate.ts';

/** `file` is used in messages and as the base of relative paths. */
export interface ParseOptions {
  readonly file: string;
}

const TOKEN_DIGITS = 16;

function milliseconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new TypeError(`not a duration: ${text}`);
  return ms;
}

function overrides(namespaces: MemberDocument['namespaces']): NamespaceOverride[] {
  return namespaces.map(({ name, import: { mode } }) => ({ name, importMode: mode }));
}

function settings(namespaces: FleetDocument['spec']['namespaces']): NamespaceSettings[] {
  return namespaces.map((entry) => ({
    name: entry.name,
    ...(entry.import?.mode && { importMode: entry.import.mode }),
    ...(entry.import?.members && { importers: entry.import.members }),
    ...(entry.export?.members && { exporters: entry.export.members }),
    ...(entry.export?.slices && { slices: entry.export.slices }),
  }));
}

/** Identifies the content of a file, apart from comments, defaults and the token itself. */
function tokenOf({ metadata, spec }: Pick<FleetDocument, 'metadata' | 'spec'>): string {
  const { confirm: _, ...guard } = spec.guard;
  return digits(JSON.stringify({ metadata, spec: { ...spec, guard } }), TOKEN_DIGITS);
}

function configOf({ metadata, spec }: FleetDocument, file: string): FleetConfig {
  return {
    ...(metadata.name !== undefined && { name: metadata.name }),
    clustersetDomain: spec.clusterset.domain,
    importMode: spec.import.mode,
    derivedPrefix: spec.derivedPrefix,
    unreachableAfterMs: milliseconds(spec.unreachableAfter),
    ...(spec.endpointExpiry !== 'never' && { endpointExpiryMs: milliseconds(spec.endpointExpiry) }),
    lease: {
      namespace: spec.lease.namespace,
      name: spec.lease.name,
      durationMs: milliseconds(spec.lease.duration),
      renewDeadlineMs: milliseconds(spec.lease.renewDeadline),
      retryPeriodMs: milliseconds(spec.lease.retryPeriod),
    },
    namespaces: settings(spec.namespaces),
    exportedLabels: spec.exportedLabels.allow,
    exportedAnnotations: spec.exportedAnnotations.allow,
    limits: spec.limits,
    guard: {
      percent: spec.guard.percent,
      minimum: spec.guard.minimum,
      ...(spec.guard.confirm !== undefined && { confirm: spec.guard.confirm }),
      token: tokenOf({ metadata, spec }),
    },
    inventories: spec.inventories.map((inventory) => ({
      format: inventory.format,
      ...(inventory.namespace !== undefined && { namespace: inventory.namespace }),
      matchLabels: inventory.matchLabels,
      ...((inventory.kubeconfig ?? inventory.context) !== undefined && { access: accessOf(inventory, file) }),
    })),
    members: spec.members.map((member) => memberConfigOf(member, accessOf(member, file), spec.derivedPrefix)),
  };
}

/** `derivedPrefix` is that of the fleet. */
export function memberConfigOf(member: MemberDocument, access: MemberAccess, derivedPrefix: string): MemberConfig {
  return {
    name: member.name,
    access,
    ...(member.clusterId !== undefined && { clusterId: member.clusterId }),
    podCIDRs: member.podCIDRs,
    serviceCIDRs: member.serviceCIDRs,
    nodeCIDRs: member.nodeCIDRs,
    extraCIDRs: member.extraCIDRs,
    addresses: member.addresses,
    slices: member.slices,
    ...(member.import && { importMode: member.import.mode }),
    derivedPrefix: member.derivedPrefix ?? derivedPrefix,
    namespaces: overrides(member.namespaces),
  };
}

function failWith(problems: readonly ConfigProblem[]): void {
  const [first, ...rest] = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  if (first) throw new FleetConfigError([first, ...rest]);
}

/**
 * @throws {@link FleetConfigError} with every problem of the file, each with line and column: CTM_CONFIG_INVALID,
 * CTM_CONFIG_OVERLAP (CIDRs of two members) or CTM_MEMBER_DUPLICATE.
 */
export function parseFleet(text: string, options: ParseOptions): FleetConfig {
  return atOnce(fleetSteps(text, options));
}

/** {@link parseFleet} in steps: all of it takes 60 ms the first time, for a hundred members. */
export function* fleetSteps(text: string, { file }: ParseOptions): Steps<FleetConfig> {
  const { value: data, document, lines, problems } = yield* yamlSteps(text);
  const problem = problemMaker(file, lines);
  failWith(
    problems.map(({ offset, message }) => problem('CTM_CONFIG_INVALID', offset, [], `not valid YAML: ${message}`)),
  );
  if (data === null) failWith([problem('CTM_CONFIG_INVALID', 0, [], 'the file is empty')]);

  yield;
  const parsed = fleetSchema.safeParse(data, { error: describeIssue });
  const issues = parsed.success ? [] : parsed.error.issues;
  yield;
  failWith([
    ...issues.flatMap((issue) => schemaProblems(issue, document, problem)),
    ...validateFields(data, file, (code, path, message) => problem(code, offsetOf(document, path), path, message)),
  ]);
  yield;
  if (!parsed.success) throw new TypeError('the schema rejected the file without an issue');
  return configOf(parsed.data, file);
}
