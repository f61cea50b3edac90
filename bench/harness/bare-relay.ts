/**
 * The baseline: a process that watches the EndpointSlices in a namespace of one API server and writes each to a
 * namespace of another. It does not merge, validate, compare or delete anything, and exits on any error. Its cost is
 * that of the two API servers and of the language.
 */
import { z } from 'zod';
import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject } from '../../src/api/json.ts';
import { type Api, openApi } from './api.ts';
import { RELAY_AGENT, slicesPath } from './names.ts';

const access = z.object({ server: z.string(), ca: z.string(), token: z.string() });
const orderSchema = z.object({ source: access, target: access, from: z.string(), to: z.string() });
/** Relays from a namespace of the source to one of the target. */
export type RelayOrder = z.output<typeof orderSchema>;

/** The same as in the controller's client. */
const CONNECTIONS = 64;

const SLICE = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };

/** Writes slices, one write at a time per slice to preserve their order. */
class Copier {
  readonly #target: Api;
  readonly #namespace: string;
  readonly #known = new Set<string>();
  readonly #busy = new Map<string, JsonObject | undefined>();

  constructor(target: Api, namespace: string) {
    this.#target = target;
    this.#namespace = namespace;
  }

  copy(slice: JsonObject): void {
    const name = isJsonObject(slice.metadata) ? String(slice.metadata.name) : '';
    if (this.#busy.has(name)) this.#busy.set(name, slice);
    else this.#write(name, slice).catch(fail);
  }

  async #write(name: string, slice: JsonObject): Promise<void> {
    this.#busy.set(name, undefined);
    const labels = isJsonObject(slice.metadata) ? slice.metadata.labels : undefined;
    const { addressType, endpoints, ports } = slice;
    const copy = { ...SLICE, metadata: { name, labels }, addressType, endpoints, ports };
    if (this.#known.has(name)) {
      // A PUT without a resourceVersion is faster than a patch.
      await this.#target.replace(slicesPath(this.#namespace, name), copy);
    } else {
      this.#known.add(name);
      await this.#target.create(slicesPath(this.#namespace), copy);
    }
    const newer = this.#busy.get(name);
    this.#busy.delete(name);
    if (newer) await this.#write(name, newer);
  }
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

/** Lists, signals readiness, and copies on request, so that a fill measures only the writes, as for the controller. */
async function relay(order: RelayOrder, go: Promise<void>): Promise<void> {
  const source = openApi(order.source, RELAY_AGENT, 1);
  const copier = new Copier(openApi(order.target, RELAY_AGENT, CONNECTIONS), order.to);
  const { items, version } = await source.list(slicesPath(order.from));
  process.send?.('ready');
  await go;
  for (const slice of items) copier.copy(slice);
  const forever = new AbortController().signal;
  await source.watch(slicesPath(order.from), version, ({ object }) => copier.copy(object), forever);
}

// The parent process has exited.
process.once('disconnect', () => process.exit(0));
process.once('message', (order) => {
  const go = new Promise<void>((resolve) => process.once('message', () => resolve()));
  relay(orderSchema.parse(order), go).catch(fail);
});
