/** Logs which other implementations of the Multi-Cluster Services API are active in a member. */
import type { ServiceExport, ServiceImport } from '../api/multicluster.ts';
import { exportRival, otherImplementation } from '../core/import-manager.ts';
import type { Logger } from '../runtime/logger.ts';

/** Each field manager is logged once; a client can write under any name. */
const MAX_MANAGERS = 16;

export class OtherWriters {
  readonly #logger: Logger;
  readonly #managers = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Called with each changed object. */
  seen(object: ServiceExport | ServiceImport | undefined): void {
    if (!object) return;
    const manager = object.kind === 'ServiceExport' ? exportRival(object) : otherImplementation(object)?.manager;
    if (manager === undefined || this.#managers.has(manager) || this.#managers.size === MAX_MANAGERS) return;
    this.#managers.add(manager);
    const message = 'another implementation of the Multi-Cluster Services API writes statuses, which are left to it';
    this.#logger.warn({ manager }, message);
  }
}
