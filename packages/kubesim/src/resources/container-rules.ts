/** Validation of containers. Source: Kubernetes API reference, core/v1 Container. */

import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidFor,
  missing,
  NEGATIVE,
  notSupported,
  required,
} from '../machinery/field-error.ts';
import { environmentName, label1123, mismatch, portName, portNumber, subdomain1123 } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import { quantityValue } from '../machinery/quantity.ts';
import { isUnset, maybeNumber, numberOf, objectOf, objectsOf, textOf } from '../machinery/read.ts';
import { oneOf, protocolErrors, targetPortErrors } from './choices.ts';
import { fieldPathErrors } from './field-paths.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'] as const;
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'] as const;
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
const SCHEMES = ['HTTP', 'HTTPS'] as const;
/** Resource names without a domain; huge pages have their size as a suffix. */
const RESOURCES = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;

const UNKNOWN_RESOURCE = [
  'must be a standard resource type or fully qualified',
  'must be a standard resource for containers',
] as const;

/** Errors of the containers of a pod; `volumes` are the names available for mounting. */
export function containersErrors(
  path: string,
  list: Json | undefined,
  volumes: ReadonlySet<string>,
): readonly FieldError[] {
  const containers = objectsOf(list);
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, container] of containers.entries()) {
    const own = `${path}[${i}]`;
    errors.push(...commonErrors(own, container, volumes));
    errors.push(...nameClash(`${own}.name`, textOf(container.name), names));
    errors.push(...behaviourErrors(own, container));
  }
  return [...errors, ...hostPortErrors(path, containers)];
}

/** Errors of the init containers of a pod, whose names must differ from those of the other containers. */
export function initContainersErrors(
  path: string,
  list: Json | undefined,
  others: Json | undefined,
  volumes: ReadonlySet<string>,
): readonly FieldError[] {
  const names = new Set(objectsOf(others).map((one) => textOf(one.name)));
  return objectsOf(list).flatMap((container, i) => {
    const own = `${path}[${i}]`;
    const errors = [...commonErrors(own, container, volumes)];
    const sidecar = container.restartPolicy === 'Always';
    errors.push(...nameClash(`${own}.name`, textOf(container.name), names));
    errors.push(...hostPortErrors(path, [container]));
    if (sidecar) return [...errors, ...behaviourErrors(own, container)];
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) {
      if (isUnset(container[field])) continue;
      errors.push(forbidden(`${own}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
    }
    return errors;
  });
}

function nameClash(path: string, name: string, names: Set<string>): readonly FieldError[] {
  if (names.has(name)) return [duplicate(path, name)];
  names.add(name);
  return [];
}

function commonErrors(path: string, container: JsonObject, volumes: ReadonlySet<string>): readonly FieldError[] {
  const name = textOf(container.name);
  return [
    ...(name === '' ? [required(`${path}.name`)] : invalidFor(`${path}.name`, name, label1123(name))),
    ...(isUnset(container.image) ? [required(`${path}.image`)] : []),
    ...oneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, MESSAGE_POLICIES),
    ...portErrors(`${path}.ports`, objectsOf(container.ports)),
    ...environmentErrors(`${path}.env`, objectsOf(container.env)),
    ...sourceErrors(`${path}.envFrom`, objectsOf(container.envFrom)),
    ...mountErrors(`${path}.volumeMounts`, objectsOf(container.volumeMounts), volumes),
    ...oneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES),
    ...resourceErrors(`${path}.resources`, objectOf(container.resources)),
  ];
}

function portErrors(path: string, ports: readonly JsonObject[]): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const own = `${path}[${i}]`;
    const errors: FieldError[] = [];
    const name = textOf(port.name);
    if (name !== '') {
      const malformed = invalidFor(`${own}.name`, name, portName(name));
      errors.push(...(malformed.length > 0 ? malformed : nameClash(`${own}.name`, name, names)));
    }
    const [number, hostPort] = [numberOf(port.containerPort), numberOf(port.hostPort)];
    if (number === 0) errors.push(required(`${own}.containerPort`));
    else errors.push(...invalidFor(`${own}.containerPort`, number, portNumber(number)));
    if (hostPort !== 0) errors.push(...invalidFor(`${own}.hostPort`, hostPort, portNumber(hostPort)));
    errors.push(...protocolErrors(`${own}.protocol`, port.protocol));
    return errors;
  });
}

function hostPortErrors(path: string, containers: readonly JsonObject[]): readonly FieldError[] {
  const used = new Set<string>();
  return containers.flatMap((container, i) =>
    objectsOf(container.ports).flatMap((port, j) => {
      const number = numberOf(port.hostPort);
      if (number === 0) return [];
      const text = `${textOf(port.protocol)}/${textOf(port.hostIP)}/${number}`;
      return nameClash(`${path}[${i}].ports[${j}].hostPort`, text, used);
    }),
  );
}

const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'] as const;

function environmentErrors(path: string, variables: readonly JsonObject[]): readonly FieldError[] {
  return variables.flatMap((variable, i) => {
    const own = `${path}[${i}]`;
    const name = textOf(variable.name);
    const from = variable.valueFrom;
    return [
      ...(name === '' ? [required(`${own}.name`)] : invalidFor(`${own}.name`, name, environmentName(name))),
      ...(isUnset(from) ? [] : valueFromErrors(`${own}.valueFrom`, objectOf(from), !isUnset(variable.value))),
    ];
  });
}

function valueFromErrors(path: string, from: JsonObject, hasValue: boolean): readonly FieldError[] {
  const given = SOURCES.filter((source) => !isUnset(from[source]));
  const errors = given.flatMap((source) => referenceErrors(`${path}.${source}`, source, objectOf(from[source])));
  if (given.length === 0) {
    const words = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalid(path, '', words));
  } else if (hasValue) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (given.length > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

function referenceErrors(path: string, source: string, reference: JsonObject): readonly FieldError[] {
  if (source === 'fieldRef') {
    const fieldPath = textOf(reference.fieldPath);
    return fieldPath === '' ? [required(`${path}.fieldPath`)] : fieldPathErrors(path, fieldPath);
  }
  if (source === 'resourceFieldRef') return isUnset(reference.resource) ? [required(`${path}.resource`)] : [];
  return isUnset(reference.key) ? [required(`${path}.key`)] : [];
}

function sourceErrors(path: string, sources: readonly JsonObject[]): readonly FieldError[] {
  return sources.flatMap((source, i) => {
    const own = `${path}[${i}]`;
    const given = ['configMapRef', 'secretRef'].filter((field) => !isUnset(source[field]));
    if (given.length === 0) return [invalid(own, '', 'must specify one of: `configMapRef` or `secretRef`')];
    if (given.length > 1) return [invalid(own, '', 'may not have more than one field specified at a time')];
    return given.flatMap((field) => {
      const name = textOf(objectOf(source[field]).name);
      return name === ''
        ? [required(`${own}.${field}.name`)]
        : invalidFor(`${own}.${field}.name`, name, subdomain1123(name));
    });
  });
}

function mountErrors(path: string, mounts: readonly JsonObject[], volumes: ReadonlySet<string>): readonly FieldError[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, i) => {
    const own = `${path}[${i}]`;
    const [name, where] = [textOf(mount.name), textOf(mount.mountPath)];
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${own}.name`));
    if (!volumes.has(name)) errors.push(missing(`${own}.name`, name));
    if (where === '') errors.push(required(`${own}.mountPath`));
    if (paths.has(where)) errors.push(invalid(`${own}.mountPath`, where, 'must be unique'));
    paths.add(where);
    return errors;
  });
}

function resourceErrors(path: string, resources: JsonObject): readonly FieldError[] {
  const limits = objectOf(resources.limits);
  const requests = objectOf(resources.requests);
  return [
    ...Object.entries(limits).flatMap(([name, amount]) => amountErrors(`${path}.limits[${name}]`, name, amount)),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...amountErrors(`${path}.requests[${name}]`, name, amount),
      ...excessErrors(`${path}.requests`, name, amount, limits[name]),
    ]),
  ];
}

function amountErrors(path: string, name: string, amount: Json | undefined): readonly FieldError[] {
  const known = name.includes('/') || RESOURCES.test(name);
  const value = quantityValue(`${amount}`);
  return [
    ...(known ? [] : UNKNOWN_RESOURCE.map((words) => invalid(path, name, words))),
    ...(value !== undefined && value < 0 ? [invalid(path, `${amount}`, NEGATIVE)] : []),
  ];
}

function excessErrors(
  path: string,
  name: string,
  amount: Json | undefined,
  limit: Json | undefined,
): readonly FieldError[] {
  const [asked, most] = [quantityValue(`${amount}`), quantityValue(`${limit}`)];
  if (asked === undefined || most === undefined || asked <= most) return [];
  return [invalid(path, `${amount}`, `must be less than or equal to ${name} limit of ${limit}`)];
}

function behaviourErrors(path: string, container: JsonObject): readonly FieldError[] {
  const lifecycle = objectOf(container.lifecycle);
  const hooks = ['postStart', 'preStop'].flatMap((hook) =>
    isUnset(lifecycle[hook]) ? [] : handlerErrors(`${path}.lifecycle.${hook}`, objectOf(lifecycle[hook])),
  );
  return [
    ...hooks,
    ...probeErrors(`${path}.livenessProbe`, container.livenessProbe, true),
    ...probeErrors(`${path}.readinessProbe`, container.readinessProbe, false),
    ...probeErrors(`${path}.startupProbe`, container.startupProbe, true),
  ];
}

const COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

/** `once`: the success threshold must be 1, and terminationGracePeriodSeconds is allowed. */
function probeErrors(path: string, given: Json | undefined, once: boolean): readonly FieldError[] {
  if (isUnset(given)) return [];
  const probe = objectOf(given);
  const errors = [...handlerErrors(path, probe)];
  for (const field of COUNTS) {
    if (numberOf(probe[field]) < 0) errors.push(invalid(`${path}.${field}`, numberOf(probe[field]), NEGATIVE));
  }
  const grace = maybeNumber(probe.terminationGracePeriodSeconds);
  const gracePath = `${path}.terminationGracePeriodSeconds`;
  if (grace !== undefined && grace <= 0) errors.push(invalid(gracePath, grace, 'must be greater than 0'));
  const successes = numberOf(probe.successThreshold);
  if (once && successes !== 1) errors.push(invalid(`${path}.successThreshold`, successes, 'must be 1'));
  if (!once && grace !== undefined) errors.push(invalid(gracePath, grace, 'must not be set for readinessProbes'));
  return errors;
}

function handlerErrors(path: string, handler: JsonObject): readonly FieldError[] {
  const [first, ...others] = HANDLERS.filter((kind) => !isUnset(handler[kind]));
  if (first === undefined) return [required(path, 'must specify a handler type')];
  return [
    ...actionErrors(`${path}.${first}`, first, objectOf(handler[first])),
    ...others.map((kind) => forbidden(`${path}.${kind}`, 'may not specify more than 1 handler type')),
  ];
}

function actionErrors(path: string, kind: string, action: JsonObject): readonly FieldError[] {
  switch (kind) {
    case 'exec':
      return objectsOf(action.command).length === 0 ? [required(`${path}.command`)] : [];
    case 'httpGet':
      return [
        ...(isUnset(action.path) ? [required(`${path}.path`)] : []),
        ...targetPortErrors(`${path}.port`, action.port),
        ...(SCHEMES.some((one) => one === action.scheme)
          ? []
          : [notSupported(`${path}.scheme`, action.scheme, SCHEMES)]),
        ...objectsOf(action.httpHeaders).flatMap((header) => headerErrors(path, textOf(header.name))),
      ];
    case 'tcpSocket':
      return targetPortErrors(`${path}.port`, action.port);
    case 'grpc':
      return invalidFor(`${path}.port`, numberOf(action.port), portNumber(numberOf(action.port)));
    default:
      return [];
  }
}

function headerErrors(path: string, name: string): readonly FieldError[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return [];
  const words = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [invalid(`${path}.httpHeaders`, name, mismatch(words, '[-A-Za-z0-9]+', 'X-Header-Name'))];
}
