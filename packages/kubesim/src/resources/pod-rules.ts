/** Validation of pods and pod templates. Source: Kubernetes API reference, core/v1 PodSpec. */

import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidFor,
  notSupported,
  required,
} from '../machinery/field-error.ts';
import { inRange, label1123, labelValue, mismatch, qualifiedName, subdomain1123 } from '../machinery/formats.ts';
import type { JsonObject } from '../machinery/json.ts';
import { annotationErrors, labelErrors } from '../machinery/labels.ts';
import { isUnset, listOf, maybeNumber, objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';
import { looseAddress } from './addresses.ts';
import { oneOf } from './choices.ts';
import { containersErrors, initContainersErrors } from './container-rules.ts';
import { nodeAffinityErrors } from './node-affinity.ts';
import { topologySpreadErrors } from './topology-spread.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'] as const;
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'] as const;
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;
const MAX_INT = 2 ** 31 - 1;
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_BYTES = 2048;

export function templateErrors(path: string, template: JsonObject): readonly FieldError[] {
  const metadata = objectOf(template.metadata);
  return [
    ...labelErrors(`${path}.labels`, metadata.labels),
    ...annotationErrors(`${path}.annotations`, metadata.annotations),
    ...podSpecErrors(`${path}.spec`, objectOf(template.spec)),
  ];
}

/** Errors of a pod spec, in pods and templates. */
export function podSpecErrors(path: string, spec: JsonObject): readonly FieldError[] {
  const volumes = volumeErrors(`${path}.volumes`, objectsOf(spec.volumes));
  const deadline = maybeNumber(spec.activeDeadlineSeconds);
  const name = (field: string, rule: (value: string) => readonly string[]): readonly FieldError[] => {
    const value = textOf(spec[field]);
    return value === '' ? [] : invalidFor(`${path}.${field}`, value, rule(value));
  };
  return [
    ...volumes.errors,
    ...containersErrors(`${path}.containers`, spec.containers, volumes.names),
    ...initContainersErrors(`${path}.initContainers`, spec.initContainers, spec.containers, volumes.names),
    ...oneOf(`${path}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES),
    ...oneOf(`${path}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES),
    ...labelErrors(`${path}.nodeSelector`, spec.nodeSelector),
    ...nodeAffinityErrors(`${path}.affinity.nodeAffinity`, objectOf(objectOf(spec.affinity).nodeAffinity)),
    ...dnsErrors(`${path}.dnsConfig`, spec),
    ...objectsOf(spec.readinessGates).flatMap((gate, i) => {
      const type = textOf(gate.conditionType);
      return invalidFor(`${path}.readinessGates[${i}].conditionType`, type, qualifiedName(type));
    }),
    ...name('serviceAccountName', subdomain1123),
    ...name('nodeName', subdomain1123),
    ...(deadline === undefined
      ? []
      : invalidFor(`${path}.activeDeadlineSeconds`, deadline, inRange(deadline, 1, MAX_INT))),
    ...name('hostname', label1123),
    ...name('subdomain', label1123),
    ...objectsOf(spec.tolerations).flatMap((one, i) => tolerationErrors(`${path}.tolerations[${i}]`, one)),
    ...objectsOf(spec.hostAliases).flatMap((one, i) => [
      ...looseAddress(`${path}.hostAliases[${i}].ip`, textOf(one.ip)),
      ...textsOf(one.hostnames).flatMap((host, j) =>
        invalidFor(`${path}.hostAliases[${i}].hostnames[${j}]`, host, subdomain1123(host)),
      ),
    ]),
    ...name('priorityClassName', subdomain1123),
    ...name('runtimeClassName', subdomain1123),
    ...topologySpreadErrors(`${path}.topologySpreadConstraints`, objectsOf(spec.topologySpreadConstraints)),
  ];
}

/** Errors specific to pods, not to templates. */
export function podOnlyErrors(spec: JsonObject): readonly FieldError[] {
  const account = textOf(spec.serviceAccountName);
  const tokens = objectsOf(spec.volumes).flatMap((volume, i) =>
    objectsOf(objectOf(volume.projected).sources).flatMap((source, j) =>
      account === '' && !isUnset(source.serviceAccountToken)
        ? [
            forbidden(
              `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          ]
        : [],
    ),
  );
  const images = (field: string): readonly FieldError[] =>
    objectsOf(spec[field]).flatMap((container, i) => {
      const image = textOf(container.image);
      const padded = image !== image.trim();
      return padded
        ? [invalid(`spec.${field}[${i}].image`, image, 'must not have leading or trailing whitespace')]
        : [];
    });
  return [...tokens, ...images('containers'), ...images('initContainers')];
}

function volumeErrors(
  path: string,
  volumes: readonly JsonObject[],
): { readonly errors: readonly FieldError[]; readonly names: ReadonlySet<string> } {
  const names = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, volume] of volumes.entries()) {
    const own = `${path}[${i}]`;
    const name = textOf(volume.name);
    const found = [
      ...sourceErrors(own, volume),
      ...(name === '' ? [required(`${own}.name`)] : invalidFor(`${own}.name`, name, label1123(name))),
      ...(names.has(name) ? [duplicate(`${own}.name`, name)] : []),
    ];
    if (found.length === 0) names.add(name);
    errors.push(...found);
  }
  return { errors, names };
}

/** Volume types, in the order in which the API server checks for duplicates. */
const VOLUME_KINDS = [
  'emptyDir',
  'hostPath',
  'secret',
  'nfs',
  'persistentVolumeClaim',
  'downwardAPI',
  'configMap',
  'projected',
  'csi',
  'ephemeral',
  'image',
] as const;

const NAMED: Readonly<Record<string, string>> = {
  hostPath: 'path',
  secret: 'secretName',
  configMap: 'name',
  persistentVolumeClaim: 'claimName',
};

function sourceErrors(path: string, volume: JsonObject): readonly FieldError[] {
  const [kind, ...others] = VOLUME_KINDS.filter((one) => !isUnset(volume[one]));
  if (kind === undefined) return [];
  const field = NAMED[kind];
  return [
    ...(field !== undefined && isUnset(objectOf(volume[kind])[field]) ? [required(`${path}.${kind}.${field}`)] : []),
    ...others.map((one) => forbidden(`${path}.${one}`, 'may not specify more than 1 volume type')),
  ];
}

function dnsErrors(path: string, spec: JsonObject): readonly FieldError[] {
  const config = spec.dnsConfig;
  const { nameservers, searches, options } = objectOf(config);
  if (spec.dnsPolicy === 'None') {
    if (isUnset(config)) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (listOf(nameservers).length === 0) {
      const words = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [required(`${path}.nameservers`, words)];
    }
  }
  const [servers, names] = [textsOf(nameservers), textsOf(searches)];
  const most = (what: string): string => `must not have more than ${what}`;
  return [
    ...(servers.length > MAX_NAMESERVERS
      ? [invalid(`${path}.nameservers`, servers, most(`${MAX_NAMESERVERS} nameservers`))]
      : []),
    ...servers.flatMap((server, i) => looseAddress(`${path}.nameservers[${i}]`, server)),
    ...(names.length > MAX_SEARCHES ? [invalid(`${path}.searches`, names, most(`${MAX_SEARCHES} search paths`))] : []),
    ...(names.join(' ').length > MAX_SEARCH_BYTES
      ? [
          invalid(
            `${path}.searches`,
            names,
            most(`${MAX_SEARCH_BYTES} characters (including spaces) in the search list`),
          ),
        ]
      : []),
    ...names.flatMap((name, i) => searchErrors(`${path}.searches[${i}]`, name)),
    ...objectsOf(options).flatMap((option, i) =>
      isUnset(option.name) ? [required(`${path}.options[${i}]`, 'must not be empty')] : [],
    ),
  ];
}

const SEARCH_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SEARCH = `${SEARCH_LABEL}(\\.${SEARCH_LABEL})*`;
const searchPattern = new RegExp(`^${SEARCH}$`);

function searchErrors(path: string, given: string): readonly FieldError[] {
  const name = given.replace(/\.$/, '');
  if (given === '.' || searchPattern.test(name)) return [];
  const words =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  return [invalid(path, name, mismatch(words, SEARCH, 'example.com'))];
}

function tolerationErrors(path: string, toleration: JsonObject): readonly FieldError[] {
  const [key, operator] = [textOf(toleration.key), textOf(toleration.operator)];
  const [value, effect] = [textOf(toleration.value), textOf(toleration.effect)];
  const errors: FieldError[] = [];
  if (key !== '') errors.push(...invalidFor(`${path}.key`, key, qualifiedName(key)));
  if (key === '' && operator !== 'Exists') {
    const words = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${path}.operator`, operator, words));
  }
  if (!isUnset(toleration.tolerationSeconds) && effect !== 'NoExecute') {
    errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  if (operator === 'Equal' || operator === '') {
    const problems = labelValue(value);
    if (problems.length > 0) errors.push(invalid(`${path}.operator`, value, problems.join(';')));
  } else if (operator === 'Exists') {
    if (value !== '') {
      errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    }
  } else errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  if (effect !== '' && !EFFECTS.some((one) => one === effect)) {
    errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
  }
  return errors;
}
