/** Pod fields available to environment variables of containers. Source: Kubernetes documentation, "Downward API". */
import { type FieldError, invalid, invalidFor, notSupported } from '../machinery/field-error.ts';
import { qualifiedName } from '../machinery/formats.ts';

const FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
] as const;
/** Valid field paths that are available only in volumes, or nowhere. */
const ELSEWHERE = [
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
];
/** The former name of `spec.nodeName`. */
const OLD = 'spec.host';
const SUBSCRIPTED = /^(.*?)\['(.*)'\]$/;

/** Errors of the field path of a `fieldRef` at `path`. */
export function fieldPathErrors(path: string, fieldPath: string): readonly FieldError[] {
  const own = `${path}.fieldPath`;
  const unreadable = (why: string) => [invalid(own, fieldPath, `error converting fieldPath: ${why}: ${fieldPath}`)];
  const [, map, key = ''] = SUBSCRIPTED.exec(fieldPath) ?? [];
  if (map === 'metadata.labels') return invalidFor(path, key, qualifiedName(key));
  if (map === 'metadata.annotations') return invalidFor(path, key, qualifiedName(key.toLowerCase()));
  if (map !== undefined) return unreadable('field label does not support subscript');
  if (fieldPath === OLD || FIELDS.some((one) => one === fieldPath)) return [];
  if (ELSEWHERE.includes(fieldPath)) return [notSupported(own, fieldPath, FIELDS)];
  return unreadable('field label not supported');
}
