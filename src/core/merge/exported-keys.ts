/**
 * Exported labels and annotations that may be set on a ServiceImport. An export is written by a user of one namespace
 * and read by controllers in every cluster: an annotation such as `argocd.argoproj.io/tracking-id` makes another program
 * act on the import. So only keys on the allow-lists of the fleet file are set, and never those with a meaning for
 * Kubernetes or Catamaran, or values that an API server would reject, which would block the whole import.
 */
import { RESERVED_KEY_DOMAINS } from '../../api/labels.ts';
import type { StringMap } from '../../api/meta.ts';
import type { ServiceExport } from '../../api/multicluster.ts';
import type { ExportPolicy, KeyAllowList } from '../export-policy.ts';
import { LABEL_LENGTH } from '../naming.ts';

/**
 * Maximum bytes of exported annotations, and of the keys of exported labels. Together they leave room for others in the
 * 256 KiB that the annotations of an object may have (apimachinery, TotalAnnotationSizeLimitB): the keys of both are
 * recorded in one annotation (`EXPORTED_KEYS`), so those of annotations count twice.
 */
export const ANNOTATIONS_LENGTH = 180 * 1024;
const LABEL_KEYS_LENGTH = 60 * 1024;

/** Bytes that a key takes in the recorded list: a JSON string and a comma. */
function listedLength(key: string): number {
  return Buffer.byteLength(key) + 3;
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether a text is a qualified name: an optional DNS subdomain and a slash, then at most 63 characters. */
export function isQualifiedName(text: string): boolean {
  const slash = text.lastIndexOf('/');
  const domain = slash < 0 ? undefined : text.slice(0, slash);
  const name = text.slice(slash + 1);
  if (domain !== undefined && (domain.length > 253 || !SUBDOMAIN.test(domain))) return false;
  return name.length <= LABEL_LENGTH && NAME.test(name);
}

/** Whether a text is a valid label value. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= LABEL_LENGTH && NAME.test(text));
}

/** Whether a key belongs to a domain that exports cannot set. */
export function isReserved(key: string): boolean {
  const domain = key.slice(0, Math.max(0, key.lastIndexOf('/'))).toLowerCase();
  return RESERVED_KEY_DOMAINS.some((reserved) => domain === reserved || domain.endsWith(`.${reserved}`));
}

/** The entries of a map that may be set, and the refused keys, each with the reason. */
export interface Admitted {
  readonly admitted: StringMap;
  readonly refused: readonly string[];
}

/** Whether a key is on an allow-list. */
export function isAllowed(key: string, allowed: KeyAllowList): boolean {
  return allowed.some((entry) => (entry.endsWith('*') ? key.startsWith(entry.slice(0, -1)) : key === entry));
}

type Check = (key: string, value: string) => string | undefined;

function admit(map: StringMap | undefined, allowed: KeyAllowList, field: string, check: Check): Admitted {
  const admitted: Record<string, string> = {};
  const refused: string[] = [];
  const problem: Check = (key, value) => {
    if (isReserved(key)) return 'is reserved';
    if (!isQualifiedName(key)) return 'is not a valid key';
    return isAllowed(key, allowed) ? check(key, value) : `is not in ${field}.allow of the fleet file`;
  };
  for (const [key, value] of Object.entries(map ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const reason = problem(key, value);
    if (reason === undefined) admitted[key] = value;
    else refused.push(`${JSON.stringify(key)} ${reason}`);
  }
  return { admitted, refused };
}

/** Returns a function that reports whether another entry still fits. */
function room(limit: number): (length: number) => boolean {
  let taken = 0;
  return (length) => {
    if (taken + length > limit) return false;
    taken += length;
    return true;
  };
}

/** The entries of an export that may be set on an import, up to the limits of the fleet file and of an object. */
export function admitKeys(
  spec: ServiceExport['spec'],
  policy: Pick<ExportPolicy, 'labels' | 'annotations' | 'exportedBytes'>,
): Record<'labels' | 'annotations', Admitted> {
  const { exportedBytes } = policy;
  const fitsLabels = room(LABEL_KEYS_LENGTH);
  const fitsAnnotations = room(ANNOTATIONS_LENGTH);
  const fits = room(exportedBytes);
  const lengthOf = (key: string, value: string) => Buffer.byteLength(key) + Buffer.byteLength(value);
  const tooLarge = `exceeds the ${exportedBytes} bytes of labels and annotations that an export may have`;
  const labels = admit(spec?.exportedLabels, policy.labels, 'exportedLabels', (key, value) => {
    if (!isLabelValue(value)) return 'has a value that is not a valid label value';
    if (!fitsLabels(listedLength(key))) return 'makes the labels too large';
    return fits(lengthOf(key, value)) ? undefined : tooLarge;
  });
  const annotations = admit(spec?.exportedAnnotations, policy.annotations, 'exportedAnnotations', (key, value) => {
    const length = lengthOf(key, value);
    if (!fitsAnnotations(length + listedLength(key))) return 'makes the annotations too large';
    return fits(length) ? undefined : tooLarge;
  });
  return { labels, annotations };
}
