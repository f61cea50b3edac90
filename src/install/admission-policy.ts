/**
 * A ValidatingAdmissionPolicy for the account of the controller in a member. RBAC cannot tell derived Services from
 * others; with the policy, a stolen token of the account cannot change or delete what Catamaran does not manage, nor
 * create Services that select pods or open ports.
 */
import {
  DERIVED_FROM,
  IMPORT_ORIGIN,
  IMPORT_ORIGIN_AUTOMATIC,
  MANAGED_BY,
  MANAGER,
  MCS_SERVICE_NAME,
  SLICE_MANAGED_BY,
} from '../api/labels.ts';
import { MCS_GROUP } from '../api/multicluster.ts';
import { CHANGED_BY_CONSOLE, CLUSTER_SCOPED, CONTROLLER, metadata } from './object-parts.ts';
import { type Template, type TemplateObject, text, textOf } from './template.ts';

const ADMISSION = 'admissionregistration.k8s.io/v1';
const WRITES = ['CREATE', 'UPDATE', 'DELETE'];

/** CEL: whether labels of an object have the manager, or only the import and no other manager. */
function managed(object: string, managerLabel: string, importLabel: string): string {
  const labels = `${object}.metadata.labels`;
  return `has(${labels}) && ("${managerLabel}" in ${labels} ? ${labels}["${managerLabel}"] == "${MANAGER}" : "${importLabel}" in ${labels})`;
}

function ownedByImport(object: string): string {
  const owners = `${object}.metadata.ownerReferences`;
  return `has(${owners}) && ${owners}.exists(o, o.kind == "ServiceImport" && o.apiVersion.startsWith("${MCS_GROUP}/"))`;
}

function isAutomatic(object: string): string {
  const labels = `${object}.metadata.labels`;
  return `has(${labels}) && "${IMPORT_ORIGIN}" in ${labels} && ${labels}["${IMPORT_ORIGIN}"] == "${IMPORT_ORIGIN_AUTOMATIC}"`;
}

/** CEL: whether an object may be a user's, created in the console. */
function isPlain(object: string): string {
  return `!has(${object}.metadata.ownerReferences) && !has(${object}.metadata.finalizers)`;
}

/** CEL: `rule` for the resource; other resources pass. */
function of(resource: string, rule: string): string {
  return `request.resource.resource != "${resource}" || (${rule})`;
}

/** CEL: `rule` for what is written. */
function written(rule: string): string {
  return `request.operation == "DELETE" || (${rule})`;
}

/** CEL: `rule` for what is changed or deleted. */
function existing(rule: string): string {
  return `request.operation == "CREATE" || (${rule})`;
}

function onlyManaged(resource: string, managerLabel: string, importLabel: string): readonly Template[] {
  return [
    {
      expression: of(
        resource,
        written(`${managed('object', managerLabel, importLabel)} && ${ownedByImport('object')}`),
      ),
      message: `the controller writes only ${resource} with its labels, owned by a ServiceImport`,
    },
    {
      expression: of(
        resource,
        existing(`${managed('oldObject', managerLabel, importLabel)} && ${ownedByImport('oldObject')}`),
      ),
      message: `the controller changes and deletes only ${resource} with its labels, owned by a ServiceImport`,
    },
  ];
}

const VALIDATIONS: readonly Template[] = [
  ...onlyManaged('services', MANAGED_BY, DERIVED_FROM),
  {
    expression: of('services', written('!has(object.spec.selector) || size(object.spec.selector) == 0')),
    message: 'Services of the controller have no selector',
  },
  {
    expression: of('services', written('!has(object.spec.externalIPs) || size(object.spec.externalIPs) == 0')),
    message: 'Services of the controller have no externalIPs',
  },
  {
    expression: of('services', written('object.spec.type == "ClusterIP"')),
    message: 'Services of the controller have the type ClusterIP',
  },
  ...onlyManaged('endpointslices', SLICE_MANAGED_BY, MCS_SERVICE_NAME),
  {
    expression: text({
      condition: CHANGED_BY_CONSOLE,
      yes: [
        of('serviceimports', `request.operation != "CREATE" || (${isAutomatic('object')}) || (${isPlain('object')})`),
      ],
      no: [
        of(
          'serviceimports',
          `request.operation == "CREATE" ? ${isAutomatic('object')} : (request.operation == "UPDATE" || ${isAutomatic('oldObject')})`,
        ),
      ],
    }),
    message: text({
      condition: CHANGED_BY_CONSOLE,
      yes: ['the controller creates only ServiceImports that it marks as automatic, or as users of the console do'],
      no: ['the controller creates and deletes only ServiceImports that it marks as automatic'],
    }),
  },
  {
    expression: of(
      'serviceimports',
      `request.operation != "UPDATE" || (${isAutomatic('oldObject')}) || (object.?spec.?type == oldObject.?spec.?type && object.?spec.?ports == oldObject.?spec.?ports)`,
    ),
    message: 'the controller does not change type and ports of ServiceImports of users',
  },
];

export const admissionPolicy: readonly TemplateObject[] = [
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: metadata(CONTROLLER, CLUSTER_SCOPED),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['*'], operations: WRITES, resources: ['services'] },
          { apiGroups: ['discovery.k8s.io'], apiVersions: ['*'], operations: WRITES, resources: ['endpointslices'] },
          { apiGroups: [MCS_GROUP], apiVersions: ['*'], operations: WRITES, resources: ['serviceimports'] },
          { apiGroups: ['coordination.k8s.io'], apiVersions: ['*'], operations: WRITES, resources: ['leases'] },
        ],
      },
      matchConditions: [
        {
          name: 'controller',
          expression: text(
            'request.userInfo.username == "system:serviceaccount:',
            { path: 'Release.Namespace' },
            `:${CONTROLLER}"`,
          ),
        },
      ],
      validations: [
        ...VALIDATIONS,
        {
          expression: text(
            'request.resource.resource != "leases" || request.name == "',
            { path: 'Values.lease.name' },
            '" || (request.operation == "CREATE" && object.metadata.name == "',
            { path: 'Values.lease.name' },
            '")',
          ),
          message: text('the controller writes only the Lease ', { path: 'Values.lease.name' }),
        },
      ],
    },
  },
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: metadata(CONTROLLER, CLUSTER_SCOPED),
    spec: { policyName: CONTROLLER, validationActions: [textOf('Values.admissionPolicy.action')] },
  },
];
