/**
 * A client that uses the Multi-Cluster Services API as a cluster serves it. Its callers read and write complete objects
 * in v1beta1.
 */
import { isJsonObject, type JsonObject } from '../../api/json.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Resource } from '../../api/resources.ts';
import { isNotFound } from '../client/api-errors.ts';
import type {
  CreateOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  ListPage,
  ObjectList,
  ObjectName,
  PatchKind,
  RawObject,
  RequestOptions,
  WatchEvent,
  WatchOptions,
} from '../client/client.ts';
import { placeName } from '../client/paths.ts';
import { keptFields } from './kept-fields.ts';
import { type McsApi, readMcsApi } from './mcs-api.ts';
import { IMPORT_FIELDS } from './mcs-fields.ts';
import { McsTranslation } from './mcs-translation.ts';

interface PatchOptions extends RequestOptions {
  readonly kind?: PatchKind;
  readonly subresource?: 'status';
  readonly force?: boolean;
}

/** For a cluster that keeps serving what it serves now. Closes `client` when it is closed. */
export function mcsClient(client: KubeClient, api: McsApi): KubeClient {
  const translation = new McsTranslation(api);
  return new McsClient(
    client,
    async () => translation,
    () => {},
  );
}

/**
 * For a cluster whose CRDs may be replaced at any time, without writes: what it serves is read at the first request, and
 * again after one that was not found.
 */
export function mcsReader(client: KubeClient): KubeClient {
  let known: McsTranslation | undefined;
  const translation = async (signal: AbortSignal | undefined) => {
    known ??= new McsTranslation(await readMcsApi(client, signal), keptFields(IMPORT_FIELDS));
    return known;
  };
  return new McsClient(client, translation, () => {
    known = undefined;
  });
}

class McsClient implements KubeClient {
  readonly cluster: string;
  readonly isOutdated: () => Promise<boolean>;
  readonly #client: KubeClient;
  readonly #translation: (signal: AbortSignal | undefined) => Promise<McsTranslation>;
  readonly #forget: () => void;

  constructor(
    client: KubeClient,
    translation: (signal: AbortSignal | undefined) => Promise<McsTranslation>,
    forget: () => void,
  ) {
    this.#client = client;
    this.#translation = translation;
    this.#forget = forget;
    this.cluster = client.cluster;
    this.isOutdated = async () => (await client.isOutdated?.()) ?? false;
  }

  async get<T extends KubeObject = RawObject>(resource: Resource, object: ObjectName, options: RequestOptions = {}) {
    const translation = await this.#translation(options.signal);
    return typed<T>(
      translation.read(resource, await this.#client.get<RawObject>(translation.resource(resource), object, options)),
    );
  }

  async list<T extends KubeObject = RawObject>(resource: Resource, options: ListOptions = {}): Promise<ObjectList<T>> {
    const translation = await this.#translation(options.signal);
    const list = await this.#client.list<RawObject>(translation.resource(resource), options);
    return { ...list, items: list.items.map((item) => typed<T>(translation.read(resource, item))) };
  }

  async *pages(resource: Resource, options: ListOptions = {}): AsyncGenerator<ListPage, void, undefined> {
    try {
      const translation = await this.#translation(options.signal);
      const pages = this.#client.pages(translation.resource(resource), options);
      for await (const page of pages) {
        yield translation.isIdentity(resource)
          ? page
          : { ...page, items: page.items.map((item) => translation.read(resource, item)) };
      }
    } catch (error) {
      throw this.#seen(error);
    }
  }

  async create<T extends KubeObject = RawObject>(
    resource: Resource,
    namespace: string | undefined,
    object: JsonObject,
    options: CreateOptions = {},
  ): Promise<T> {
    const translation = await this.#translation(options.signal);
    const written = translation.written(resource, object);
    const created = await this.#client.create<RawObject>(translation.resource(resource), namespace, written, options);
    return typed<T>(translation.read(resource, created));
  }

  async update<T extends KubeObject = RawObject>(
    resource: Resource,
    object: JsonObject,
    options: RequestOptions & { readonly subresource?: 'status' } = {},
  ): Promise<T> {
    const translation = await this.#translation(options.signal);
    const written = translation.written(resource, object);
    return typed<T>(
      translation.read(
        resource,
        await this.#client.update<RawObject>(translation.resource(resource), written, options),
      ),
    );
  }

  /** A merge patch of a status may take two writes, if a part of it is kept in annotations. */
  async patch<T extends KubeObject = RawObject>(
    resource: Resource,
    object: ObjectName,
    patch: JsonObject | readonly JsonObject[],
    options: PatchOptions = {},
  ): Promise<T> {
    const translation = await this.#translation(options.signal);
    const served = translation.resource(resource);
    if (isList(patch) || (options.kind ?? 'merge') !== 'merge') {
      return typed<T>(translation.read(resource, await this.#client.patch<RawObject>(served, object, patch, options)));
    }
    const { subresource, ...others } = options;
    const split = translation.split(resource, placeName(object), patch, subresource === 'status');
    let result: JsonObject | undefined;
    if (split.object) result = await this.#client.patch<RawObject>(served, object, split.object, others);
    if (split.status) {
      const status = result ? atVersion(split.status, result) : split.status;
      result = await this.#client.patch<RawObject>(served, object, status, { ...others, subresource: 'status' });
    }
    result ??= await this.#client.get<RawObject>(served, object, others);
    return typed<T>(translation.read(resource, result));
  }

  async delete(resource: Resource, object: ObjectName, options: DeleteOptions = {}): Promise<boolean> {
    const translation = await this.#translation(options.signal);
    return this.#client.delete(translation.resource(resource), object, options);
  }

  async *watch(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent, void, undefined> {
    try {
      const translation = await this.#translation(options.signal);
      const events = this.#client.watch(translation.resource(resource), options);
      for await (const event of events) {
        const { type } = event;
        const isSame = type === 'BOOKMARK' || type === 'ERROR' || translation.isIdentity(resource);
        yield isSame ? event : { ...event, object: translation.read(resource, event.object) };
      }
    } catch (error) {
      throw this.#seen(error);
    }
  }

  raw(path: string, options?: RequestOptions): Promise<unknown> {
    return this.#client.raw(path, options);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #seen(error: unknown): unknown {
    if (isNotFound(error)) this.#forget();
    return error;
  }
}

/** Translation does not change the type. */
function typed<T extends KubeObject>(object: JsonObject): T {
  return object as JsonObject & T;
}

function isList(patch: JsonObject | readonly JsonObject[]): patch is readonly JsonObject[] {
  return Array.isArray(patch);
}

/** A patch of what another patch returned. */
function atVersion(patch: JsonObject, { metadata }: JsonObject): JsonObject {
  if (!isJsonObject(patch.metadata) || !isJsonObject(metadata)) return patch;
  return { ...patch, metadata: { ...patch.metadata, resourceVersion: metadata.resourceVersion } };
}
