/** Who installed a CRD, and would undo or be surprised by a change of it. */
import { isJsonObject, type JsonObject, metadataOf } from '../../api/json.ts';
import { FIELD_MANAGER } from '../../api/labels.ts';

interface Mark {
  readonly in: 'labels' | 'annotations';
  readonly key: string;
  /** Default: any. */
  readonly value?: string;
  readonly owner: string;
}

/** The most specific ones first: Flux and Argo CD apply what Helm renders. */
const MARKS: readonly Mark[] = [
  { in: 'labels', key: 'helm.toolkit.fluxcd.io/name', owner: 'Flux, HelmRelease' },
  { in: 'labels', key: 'kustomize.toolkit.fluxcd.io/name', owner: 'Flux, Kustomization' },
  { in: 'annotations', key: 'argocd.argoproj.io/tracking-id', owner: 'Argo CD,' },
  { in: 'labels', key: 'argocd.argoproj.io/instance', owner: 'Argo CD,' },
  { in: 'annotations', key: 'meta.helm.sh/release-name', owner: 'Helm, release' },
  { in: 'labels', key: 'olm.managed', value: 'true', owner: 'Operator Lifecycle Manager' },
  { in: 'labels', key: 'addonmanager.kubernetes.io/mode', owner: 'the addon manager of the platform, mode' },
  { in: 'labels', key: 'karmada.io/managed', value: 'true', owner: 'Karmada' },
  { in: 'labels', key: 'app.kubernetes.io/managed-by', owner: 'the manager' },
];

/** Users of kubectl, and API servers, which set defaults. */
const NOBODY = /^(kubectl($|-)|kube-apiserver$|before-first-apply$)/;

/** Field managers of `spec`, other than users and Catamaran. */
function specManagers(metadata: JsonObject): readonly string[] {
  const entries = Array.isArray(metadata.managedFields) ? metadata.managedFields.filter(isJsonObject) : [];
  return entries.flatMap(({ manager, fieldsV1 }) =>
    typeof manager === 'string' &&
    isJsonObject(fieldsV1) &&
    fieldsV1['f:spec'] !== undefined &&
    manager !== FIELD_MANAGER &&
    !NOBODY.test(manager)
      ? [manager]
      : [],
  );
}

/** The owner of an object in words; undefined if a user installed it. */
export function ownerOfCrd(crd: JsonObject): string | undefined {
  const metadata = metadataOf(crd) ?? {};
  for (const { in: map, key, value, owner } of MARKS) {
    const marks = metadata[map];
    const found = isJsonObject(marks) ? marks[key] : undefined;
    if (typeof found !== 'string' || (value !== undefined && found !== value)) continue;
    return value === undefined ? `${owner} ${JSON.stringify(found.slice(0, 128))}` : owner;
  }
  const [manager] = specManagers(metadata);
  return manager === undefined ? undefined : `the field manager ${JSON.stringify(manager.slice(0, 128))}`;
}
