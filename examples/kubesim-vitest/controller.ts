/** An example controller: runs each Website as a Deployment, and reports the number of ready replicas. */
import {
  ApiException,
  AppsV1Api,
  CustomObjectsApi,
  type Informer,
  KubeConfig,
  type KubernetesObject,
  makeInformer,
  type V1Deployment,
} from '@kubernetes/client-node';

interface Website extends KubernetesObject {
  spec: { image: string; replicas: number };
  status?: { readyReplicas?: number };
}

const WEBSITES = { group: 'example.com', version: 'v1', plural: 'websites' };
const RETRY_MS = 200;

/** Starts the controller. It stops when the signal aborts. */
export async function startController(kubeconfig: string, signal: AbortSignal): Promise<void> {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const apps = config.makeApiClient(AppsV1Api);
  const custom = config.makeApiClient(CustomObjectsApi);

  const websites = makeInformer<Website>(config, '/apis/example.com/v1/websites', () =>
    custom.listClusterCustomObject(WEBSITES),
  );
  const deployments = makeInformer<V1Deployment>(config, '/apis/apps/v1/deployments', () =>
    apps.listDeploymentForAllNamespaces(),
  );

  const reconcile = async (namespace: string, name: string): Promise<void> => {
    const website = websites.get(name, namespace);
    if (!website) return;
    const wanted = deploymentFor(website);
    const found = deployments.get(name, namespace);
    if (!found) {
      await apps.createNamespacedDeployment({ namespace, body: wanted }).catch(unless(409));
    } else if (found.spec?.replicas !== wanted.spec?.replicas) {
      const scaled = { ...found, spec: { ...found.spec, ...wanted.spec } } as V1Deployment;
      await apps.replaceNamespacedDeployment({ namespace, name, body: scaled });
    }
    const readyReplicas = found?.status?.readyReplicas ?? 0;
    if (website.status?.readyReplicas === readyReplicas) return;
    const body = { ...website, status: { readyReplicas } };
    await custom.replaceNamespacedCustomObjectStatus({ ...WEBSITES, namespace, name, body });
  };

  /** Reconciles one Website, and retries after an error. */
  const enqueue = ({ metadata }: KubernetesObject): void => {
    const [namespace, name] = [metadata?.namespace ?? '', metadata?.name ?? ''];
    reconcile(namespace, name).catch(() => {
      if (!signal.aborted) setTimeout(() => enqueue({ metadata }), RETRY_MS);
    });
  };

  await follow(websites, enqueue, signal);
  await follow(deployments, enqueue, signal);
}

/** Starts an informer, and restarts it whenever its watch fails. */
async function follow<T extends KubernetesObject>(
  informer: Informer<T>,
  enqueue: (object: T) => void,
  signal: AbortSignal,
): Promise<void> {
  informer.on('add', enqueue);
  informer.on('update', enqueue);
  informer.on('delete', enqueue);
  informer.on('error', () => {
    setTimeout(() => {
      if (!signal.aborted) informer.start().catch(() => {});
    }, RETRY_MS);
  });
  signal.addEventListener('abort', () => void informer.stop());
  await informer.start();
}

function deploymentFor({ apiVersion, kind, metadata, spec }: Website): V1Deployment {
  const { name = '', namespace, uid = '' } = metadata ?? {};
  const labels = { website: name };
  return {
    metadata: {
      name,
      namespace,
      ownerReferences: [{ apiVersion: apiVersion ?? '', kind: kind ?? '', name, uid, controller: true }],
    },
    spec: {
      replicas: spec.replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: spec.image }] } },
    },
  };
}

function unless(code: number): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof ApiException && error.code === code)) throw error;
  };
}
