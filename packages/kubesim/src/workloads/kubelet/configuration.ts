/**
 * Environment and files of containers, from ConfigMaps, Secrets and pod fields. Source: Kubernetes API reference,
 * Container.
 */
import type { StringMap } from '../../machinery/json.ts';
import type { Container, EnvVar, FileSource, KeyRef, Pod } from '../kinds.ts';
import type { Objects } from '../objects.ts';

/** Missing configuration that keeps a container from starting, with the kubelet's message. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

type Source = 'configmap' | 'secret';

/** The decoded values of a ConfigMap or Secret; undefined if it does not exist and is optional. */
function valuesOf(
  objects: Objects,
  source: Source,
  namespace: string,
  name: string,
  optional: boolean | undefined,
): Map<string, Buffer> | undefined {
  const config = source === 'configmap' ? objects.get('/configmaps', namespace, name) : undefined;
  const secret = source === 'secret' ? objects.get('/secrets', namespace, name) : undefined;
  if (!config && !secret) {
    if (optional) return undefined;
    throw new ConfigurationError(`${source} "${name}" not found`);
  }
  const text = Object.entries(config?.data ?? {}).map(([key, value]): [string, Buffer] => [key, Buffer.from(value)]);
  const encoded = Object.entries({ ...config?.binaryData, ...secret?.data });
  return new Map([...text, ...encoded.map(([key, value]): [string, Buffer] => [key, Buffer.from(value, 'base64')])]);
}

function keyOf(objects: Objects, source: Source, namespace: string, ref: KeyRef): string | undefined {
  const { name = '', key, optional } = ref;
  const values = valuesOf(objects, source, namespace, name, optional);
  const value = values?.get(key);
  if (value || optional) return value?.toString();
  const kind = source === 'configmap' ? 'ConfigMap' : 'Secret';
  throw new ConfigurationError(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
}

const KEYED = /^metadata\.(labels|annotations)\['(.+)'\]$/;

/** A pod field, as provided by the downward API. */
function fieldOf({ metadata, spec, status }: Pod, path: string): string | undefined {
  const [, map, key = ''] = KEYED.exec(path) ?? [];
  if (map === 'labels') return metadata.labels?.[key] ?? '';
  if (map === 'annotations') return metadata.annotations?.[key] ?? '';
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    // Set by admission in a real cluster.
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.hostIP': status?.hostIP,
    'status.hostIPs': status?.hostIPs?.map(({ ip }) => ip).join(),
    'status.podIP': status?.podIP,
    'status.podIPs': status?.podIPs?.map(({ ip }) => ip).join(),
  };
  return fields[path];
}

function valueIn(objects: Objects, pod: Pod, { value, valueFrom }: EnvVar): string | undefined {
  const { namespace = '' } = pod.metadata;
  if (valueFrom?.fieldRef) return fieldOf(pod, valueFrom.fieldRef.fieldPath);
  if (valueFrom?.configMapKeyRef) return keyOf(objects, 'configmap', namespace, valueFrom.configMapKeyRef);
  if (valueFrom?.secretKeyRef) return keyOf(objects, 'secret', namespace, valueFrom.secretKeyRef);
  return value ?? '';
}

/** Expands $(NAME) with preceding variables. $$(NAME) is unescaped to $(NAME); unknown names are left as is. */
function expand(value: string, known: ReadonlyMap<string, string>): string {
  return value.replace(/\$(\$)?\(([^()]*)\)/g, (all, escaped, name) =>
    escaped ? all.slice(1) : (known.get(name) ?? all),
  );
}

/**
 * The environment of a container.
 *
 * @throws ConfigurationError if a required source does not exist.
 */
export function environmentOf(objects: Objects, pod: Pod, container: Container): ReadonlyMap<string, string> {
  const { namespace = '' } = pod.metadata;
  const known = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    for (const [source, ref] of [
      ['configmap', configMapRef],
      ['secret', secretRef],
    ] as const) {
      if (!ref) continue;
      const values = valuesOf(objects, source, namespace, ref.name ?? '', ref.optional);
      for (const [key, value] of values ?? []) known.set(`${prefix}${key}`, value.toString());
    }
  }
  for (const variable of container.env ?? []) {
    const value = valueIn(objects, pod, variable);
    if (value !== undefined) known.set(variable.name, variable.valueFrom ? value : expand(value, known));
  }
  return known;
}

/**
 * The files of a container from ConfigMaps and Secrets, by path.
 *
 * @throws ConfigurationError if a required source does not exist.
 */
export function filesOf(objects: Objects, pod: Pod, container: Container): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    const root = mountPath.replace(/\/+$/, '');
    for (const [path, content] of volumeFiles(objects, pod, name)) {
      if (subPath === undefined) files.set(`${root}/${path}`, content);
      else if (path === subPath) files.set(root, content);
      else if (path.startsWith(`${subPath}/`)) files.set(`${root}/${path.slice(subPath.length + 1)}`, content);
    }
  }
  return files;
}

function volumeFiles(objects: Objects, pod: Pod, name: string): Map<string, Buffer> {
  const volume = pod.spec.volumes?.find((each) => each.name === name);
  const sources = [volume ?? {}, ...(volume?.projected?.sources ?? [])];
  const files = new Map<string, Buffer>();
  for (const { configMap, secret } of sources) {
    if (configMap) addFiles(objects, files, pod, 'configmap', configMap);
    if (secret) addFiles(objects, files, pod, 'secret', secret);
  }
  return files;
}

function addFiles(
  objects: Objects,
  files: Map<string, Buffer>,
  { metadata }: Pod,
  source: Source,
  { name, secretName, items, optional }: FileSource,
): void {
  const called = name ?? secretName ?? '';
  const values = valuesOf(objects, source, metadata.namespace ?? '', called, optional);
  const paths: StringMap | undefined = items && Object.fromEntries(items.map(({ key, path }) => [key, path]));
  for (const [key, value] of values ?? []) {
    const path = paths ? paths[key] : key;
    if (path !== undefined) files.set(path, value);
  }
}

/** The first missing ConfigMap, Secret or key that keeps a pod from running; undefined if there is none. */
export function missingFor(
  objects: Objects,
  pod: Pod,
): { readonly container: string; readonly message: string } | undefined {
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    try {
      environmentOf(objects, pod, container);
      filesOf(objects, pod, container);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return { container: container.name, message: error.message };
    }
  }
  return undefined;
}
