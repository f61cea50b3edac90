/** Defaults of pods and pod templates. Source: Kubernetes API reference, core/v1 PodSpec. */
import type { JsonObject } from '../machinery/json.ts';
import { isUnset, objectOf, objectsOf, textOf, withEach, withMissing, withObject, without } from '../machinery/read.ts';

const GRACE_SECONDS = 30;
/** 0644: read and write for the owner, read-only for others. */
const MODE = 0o644;
const TOKEN_SECONDS = 3600;
const TOLERATED = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const;
const TOLERATION_SECONDS = 300;

/** Defaults for pods and pod templates. */
export function podSpecDefaults(given: JsonObject): JsonObject {
  const account = textOf(given.serviceAccountName) || textOf(given.serviceAccount);
  const spec = withMissing(given, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: GRACE_SECONDS,
    schedulerName: 'default-scheduler',
    // Two names for one field; the deprecated one is still returned.
    ...(account !== '' && { serviceAccountName: account, serviceAccount: account }),
  });
  const contained = withEach(
    withEach(spec, 'containers', (one) => containerDefaults(withoutRestarts(one))),
    'initContainers',
    (one) => containerDefaults(one.restartPolicy === 'Always' ? one : withoutRestarts(one)),
  );
  return withEach(contained, 'volumes', volumeDefaults);
}

/** Defaults for the template in a workload's spec. */
export function templateDefaults(spec: JsonObject): JsonObject {
  return withObject(withMissing(spec, { template: {} }), 'template', (template) =>
    withObject(withMissing(template, { spec: {} }), 'spec', podSpecDefaults),
  );
}

/** Defaults for pods only, not for templates; the last ones come from admission plugins that are enabled by default. */
export function podDefaults(pod: JsonObject): JsonObject {
  const given = withMissing(pod, { spec: {} });
  return withObject(given, 'spec', (spec) => {
    const requested = withEach(withEach(spec, 'containers', withRequests), 'initContainers', withRequests);
    const complete = withMissing(podSpecDefaults(requested), { enableServiceLinks: true });
    return complete.hostNetwork === true
      ? withEach(withEach(complete, 'containers', withHostPorts), 'initContainers', withHostPorts)
      : complete;
  });
}

/** Fields set by admission on a new pod: priority, and tolerations for unreachable and not-ready nodes. */
export function admittedPodSpec(spec: JsonObject): JsonObject {
  const tolerations = objectsOf(spec.tolerations);
  const added = TOLERATED.filter(
    (key) =>
      !tolerations.some(
        (one) => (isUnset(one.key) || one.key === key) && (isUnset(one.effect) || one.effect === 'NoExecute'),
      ),
  ).map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: TOLERATION_SECONDS }));
  return {
    ...withMissing(spec, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' }),
    ...(added.length > 0 && { tolerations: [...tolerations, ...added] }),
  };
}

/** Requests default to limits. */
function withRequests(container: JsonObject): JsonObject {
  const limits = objectOf(objectOf(container.resources).limits);
  if (Object.keys(limits).length === 0) return container;
  return withObject(container, 'resources', (resources) => ({
    ...resources,
    requests: { ...limits, ...objectOf(resources.requests) },
  }));
}

function withHostPorts(container: JsonObject): JsonObject {
  return withEach(container, 'ports', (port) =>
    isUnset(port.hostPort) || port.hostPort === 0 ? { ...port, hostPort: port.containerPort } : port,
  );
}

/** Whether an image has no digest and no tag other than `latest`, so that its content may change. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const name = image.slice(image.lastIndexOf('/') + 1);
  const tag = name.includes(':') ? name.slice(name.indexOf(':') + 1) : 'latest';
  return tag === 'latest';
}

/** Restart policies of containers are behind a feature gate that is off by default; only sidecars may have one. */
function withoutRestarts(container: JsonObject): JsonObject {
  return container.restartPolicy === undefined ? container : without(container, 'restartPolicy');
}

function containerDefaults(given: JsonObject): JsonObject {
  const pull = isLatest(textOf(given.image)) ? 'Always' : 'IfNotPresent';
  let container = withMissing(given, {
    imagePullPolicy: pull,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  container = withEach(container, 'ports', (port) => withMissing(port, { protocol: 'TCP' }));
  container = withEach(container, 'env', (one) => withObject(one, 'valueFrom', withFieldVersion));
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    container = withObject(container, name, probeDefaults);
  }
  return withObject(container, 'lifecycle', (lifecycle) =>
    withObject(withObject(lifecycle, 'preStop', handlerDefaults), 'postStart', handlerDefaults),
  );
}

function withFieldVersion(source: JsonObject): JsonObject {
  return withObject(source, 'fieldRef', (field) => withMissing(field, { apiVersion: 'v1' }));
}

const PROBE = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 } as const;

function probeDefaults(given: JsonObject): JsonObject {
  const missing = Object.entries(PROBE).filter(([key]) => isUnset(given[key]) || given[key] === 0);
  return handlerDefaults({ ...given, ...Object.fromEntries(missing) });
}

function handlerDefaults(handler: JsonObject): JsonObject {
  const http = withObject(handler, 'httpGet', (get) => withMissing(get, { path: '/', scheme: 'HTTP' }));
  // `service` is a pointer, so an empty string is written.
  return withObject(http, 'grpc', (grpc) => (grpc.service === undefined ? { ...grpc, service: '' } : grpc));
}

function volumeDefaults(given: JsonObject): JsonObject {
  const sources = Object.keys(given).filter((key) => key !== 'name' && !isUnset(given[key]));
  let volume = sources.length === 0 ? { ...given, emptyDir: {} } : given;
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    volume = withObject(volume, kind, (source) => withMissing(source, { defaultMode: MODE }));
  }
  volume = withObject(volume, 'downwardAPI', withItemVersions);
  volume = withObject(volume, 'hostPath', (path) => (path.type === undefined ? { ...path, type: '' } : path));
  return withObject(volume, 'projected', (projected) =>
    withEach(projected, 'sources', (source) =>
      withObject(
        withObject(source, 'serviceAccountToken', (token) => withMissing(token, { expirationSeconds: TOKEN_SECONDS })),
        'downwardAPI',
        withItemVersions,
      ),
    ),
  );
}

function withItemVersions(source: JsonObject): JsonObject {
  return withEach(source, 'items', withFieldVersion);
}
