/** Follows the objects of one inventory. */
import { asText, isJsonObject, type JsonObject, metadataOf } from '../../api/json.ts';
import { CLUSTER_PROFILES, type Resource, SECRETS } from '../../api/resources.ts';
import type { InventoryConfig } from '../../config/fleet-config.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { Reflector } from '../../kube/watch/reflector.ts';
import type { ReflectorState } from '../../kube/watch/sink.ts';
import { Store } from '../../kube/watch/store.ts';
import { Backoff, type BackoffLimits } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { toError } from '../../runtime/thrown.ts';
import { kubeconfigOf } from './argo-cluster.ts';
import { annotationsOf, type DescribedMember, MEMBER_NAME, secretData } from './described-member.ts';
import { describedBy, memberOf, SECRET_FORMATS } from './member-formats.ts';

const RETRY: BackoffLimits = { baseMs: 200, capMs: 30_000, factor: 2 };

/** A resource to follow, and its store. */
interface Followed {
  readonly resource: Resource;
  readonly labelSelector: string;
  readonly store: Pick<Store<unknown>, keyof Store<unknown>>;
}

/** The objects of an inventory as they are known. */
interface Contents {
  readonly followed: readonly Followed[];
  readonly described: () => readonly DescribedMember[];
}

type StoreSurroundings = Pick<InventoryWatchOptions, 'changed' | 'logger'>;

function selectorOf(first: string, { matchLabels }: InventoryConfig): string {
  const others = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [first, ...others].filter((part) => part !== '').join(',');
}

function secretContents(config: InventoryConfig, format: keyof typeof SECRET_FORMATS, on: StoreSurroundings): Contents {
  const { labelSelector } = SECRET_FORMATS[format];
  const store = new Store<DescribedMember>({ slim: (secret) => describedBy(secret, SECRET_FORMATS[format]), ...on });
  return {
    followed: [{ resource: SECRETS, labelSelector: selectorOf(labelSelector, config), store }],
    described: () => [...store.values()],
  };
}

/** Source: sigs.k8s.io/cluster-inventory-api, v1alpha1 and its secretreader. */
function profileContents(config: InventoryConfig, on: StoreSurroundings): Contents {
  const profiles = new Store<JsonObject>({ slim: (profile) => profile, ...on });
  const tokens = new Store<string>({ slim: (secret) => secretData(secret).token, ...on });
  return {
    followed: [
      { resource: CLUSTER_PROFILES, labelSelector: selectorOf('', config), store: profiles },
      { resource: SECRETS, labelSelector: '', store: tokens },
    ],
    described: () =>
      [...profiles.values()].map((profile) => {
        const metadata = metadataOf(profile);
        const name = asText(metadata?.name) ?? '';
        return memberOf('ClusterProfile', profile, {
          name: annotationsOf(profile)[MEMBER_NAME] ?? name,
          settings: {},
          kubeconfig: () => profileKubeconfig(profile, tokens.get(`${asText(metadata?.namespace) ?? ''}/${name}`)),
        });
      }),
  };
}

function profileKubeconfig({ status }: JsonObject, token: string | undefined): string {
  const providers = isJsonObject(status) && Array.isArray(status.accessProviders) ? status.accessProviders : [];
  const cluster = providers
    .map((provider) => (isJsonObject(provider) ? provider.cluster : undefined))
    .find((each) => isJsonObject(each) && each.server !== undefined);
  if (!isJsonObject(cluster)) throw new Error('status.accessProviders: none has a cluster with a server');
  if (token === undefined) throw new Error('no Secret of the same name has the key token');
  return kubeconfigOf('profile', cluster, { token: token.trim() });
}

function contentsOf(config: InventoryConfig, on: StoreSurroundings): Contents {
  return config.format === 'ClusterProfile' ? profileContents(config, on) : secretContents(config, config.format, on);
}

export interface InventoryWatchOptions {
  readonly config: InventoryConfig;
  readonly namespace: string;
  readonly connect: () => Promise<KubeClient>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly changed: () => void;
}

export class InventoryWatch {
  readonly #options: InventoryWatchOptions;
  readonly #contents: Contents;
  #problem: string | undefined;

  constructor(options: InventoryWatchOptions) {
    this.#options = options;
    this.#contents = contentsOf(options.config, { changed: () => options.changed(), logger: options.logger });
  }

  get config(): InventoryConfig {
    return this.#options.config;
  }

  /** Whether everything has been listed once. */
  get synced(): boolean {
    return this.#contents.followed.every(({ store }) => store.synced);
  }

  get described(): readonly DescribedMember[] {
    return this.#contents.described();
  }

  /** Why the objects cannot be read. What was read before still counts. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves when the signal aborts; failures are logged and retried. */
  async run(signal: AbortSignal): Promise<void> {
    const client = await this.#connected(signal);
    if (!client) return;
    const { clock, random, logger, namespace, changed } = this.#options;
    try {
      await Promise.all(
        this.#contents.followed.map(({ resource, labelSelector, store }) => {
          const reflector: Reflector = new Reflector({
            client,
            resource,
            sink: {
              listStarted: () => store.listStarted(),
              upserted: (object, bytes) => store.upserted(object, bytes),
              removed: (object) => store.removed(object),
              restarted: () => store.restarted(),
              confirm: (listed, read) => store.confirm(listed, read),
              listed: (version) => {
                store.listed(version);
                changed();
              },
            },
            namespace,
            labelSelector,
            clock,
            random,
            logger,
            onState: (state) => this.#report(state),
          });
          return reflector.run(signal);
        }),
      );
    } finally {
      await client.close();
    }
  }

  /** Reads everything once. @throws ApiError or the errors of a kubeconfig */
  async read(signal: AbortSignal): Promise<readonly DescribedMember[]> {
    const client = await this.#options.connect();
    const { namespace } = this.#options;
    try {
      for (const { resource, labelSelector, store } of this.#contents.followed) {
        const { items, resourceVersion } = await client.list(resource, { namespace, labelSelector, signal });
        store.listStarted();
        for (const item of items) store.upserted(item);
        store.listed(resourceVersion);
      }
    } finally {
      await client.close();
    }
    return this.described;
  }

  async #connected(signal: AbortSignal): Promise<KubeClient | undefined> {
    const { connect, clock, random } = this.#options;
    const backoff = new Backoff(RETRY, random);
    while (!signal.aborted) {
      try {
        return await connect();
      } catch (error) {
        this.#failed(toError(error));
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
    return undefined;
  }

  #report(state: ReflectorState): void {
    if (state.phase === 'watching') {
      if (this.#problem !== undefined) this.#options.logger.info({}, 'inventory can be read again');
      this.#problem = undefined;
    } else if (state.error) this.#failed(state.error);
  }

  #failed(err: Error): void {
    if (this.#problem === err.message) return;
    this.#problem = err.message;
    this.#options.logger.error({ err }, 'inventory cannot be read, its members stay as they are');
  }
}
