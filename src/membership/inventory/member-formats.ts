/** The formats of Secrets that describe members. */
import { asText, type JsonObject, metadataOf } from '../../api/json.ts';
import { MEMBER_SECRET, SECRET_TYPE } from '../../api/labels.ts';
import { parseDuration } from '../../config/duration.ts';
import type { InventoryFormat } from '../../config/fleet-config.ts';
import { isDnsLabel } from '../../core/naming.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { argoKubeconfig, kubeconfigOf } from './argo-cluster.ts';
import {
  annotationsOf,
  type DescribedMember,
  LEAVE,
  MEMBER_NAME,
  RENEW,
  secretData,
  settingsOf,
} from './described-member.ts';

type Data = Readonly<Record<string, string>>;

export interface SecretFormat {
  /** Selects the Secrets, with the labels of the fleet file. */
  readonly labelSelector: string;
  /** Whether a selected Secret describes a member. Default: yes. */
  readonly describes?: (secret: JsonObject) => boolean;
  /** The name of the member, unless an annotation has one. */
  readonly nameIn: (object: string, data: Data) => string;
  /** @throws Error with the field and the problem, without secret values. */
  readonly kubeconfigIn: (data: Data) => string;
  /** Whether keys of `data` are settings, not only annotations. */
  readonly hasSettings?: true;
}

function required(data: Data, key: string): string {
  const text = data[key];
  if (text === undefined || text.trim() === '') throw new Error(`key ${key}: missing`);
  return text;
}

/** `kubeconfig`, or `server`, `token` and `ca.crt`. */
function ownKubeconfig(data: Data): string {
  if (data.kubeconfig !== undefined) return required(data, 'kubeconfig');
  if (data.server === undefined && data.token === undefined) {
    throw new Error('key kubeconfig: missing; or use the keys server, token and ca.crt');
  }
  const ca = data['ca.crt'];
  const cluster = {
    server: required(data, 'server').trim(),
    ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  };
  return kubeconfigOf('member', cluster, { token: required(data, 'token').trim() });
}

const CLUSTER_API = '-kubeconfig';

export const SECRET_FORMATS: Readonly<Record<Exclude<InventoryFormat, 'ClusterProfile'>, SecretFormat>> = {
  Catamaran: {
    labelSelector: `${SECRET_TYPE}=${MEMBER_SECRET}`,
    nameIn: (object) => object,
    kubeconfigIn: ownKubeconfig,
    hasSettings: true,
  },
  // Cluster API, "Kubeconfig secrets": <cluster>-kubeconfig, key value.
  ClusterAPI: {
    labelSelector: 'cluster.x-k8s.io/cluster-name',
    describes: (secret) =>
      secret.type === 'cluster.x-k8s.io/secret' && asText(metadataOf(secret)?.name)?.endsWith(CLUSTER_API) === true,
    nameIn: (object) => object.slice(0, -CLUSTER_API.length),
    kubeconfigIn: (data) => required(data, 'value'),
  },
  ArgoCD: {
    labelSelector: 'argocd.argoproj.io/secret-type=cluster',
    nameIn: (object, { name }) => name ?? object,
    kubeconfigIn: argoKubeconfig,
  },
  // multicluster-runtime, kubeconfig provider.
  MulticlusterRuntime: {
    labelSelector: 'sigs.k8s.io/multicluster-runtime-kubeconfig=true',
    nameIn: (object) => object,
    kubeconfigIn: (data) => required(data, 'kubeconfig'),
  },
};

/** Never throws: what is wrong with an object is a problem of its member. */
export function describedBy(secret: JsonObject, format: SecretFormat): DescribedMember | undefined {
  const metadata = metadataOf(secret);
  const object = asText(metadata?.name);
  if (object === undefined || format.describes?.(secret) === false) return undefined;
  const data = secretData(secret);
  const annotations = annotationsOf(secret);
  const described = memberOf('Secret', secret, {
    name: annotations[MEMBER_NAME] ?? format.nameIn(object, data),
    settings: format.hasSettings ? data : {},
    kubeconfig: () => format.kubeconfigIn(data),
  });
  const lifetimeMs = parseDuration(annotations[RENEW] ?? '');
  if (!format.hasSettings || data.token === undefined || lifetimeMs === undefined) return described;
  const secretName = { namespace: asText(metadata?.namespace) ?? '', name: object };
  return { ...described, renewal: { secret: secretName, token: data.token.trim(), lifetimeMs } };
}

/** The member that an object describes. */
export function memberOf(
  kind: string,
  object: JsonObject,
  { name, settings, kubeconfig }: { readonly name: string; readonly settings: Data; readonly kubeconfig: () => string },
): DescribedMember {
  const metadata = metadataOf(object);
  const annotations = annotationsOf(object);
  const described = {
    source: `${kind} "${asText(metadata?.namespace) ?? ''}/${asText(metadata?.name) ?? ''}"`,
    createdAt: asText(metadata?.creationTimestamp) ?? '',
    isLeaving: annotations[LEAVE] !== undefined,
  };
  if (!isDnsLabel(name)) {
    const problem = `${JSON.stringify(name)} is not a name of a member, which is one DNS label; set the annotation ${MEMBER_NAME}`;
    return { ...described, problem };
  }
  const found = settingsOf(name, settings, annotations);
  try {
    const text = kubeconfig();
    return { ...described, name, ...found, kubeconfig: text };
  } catch (error) {
    return { ...described, name, ...found, problem: messageOf(error) };
  }
}
