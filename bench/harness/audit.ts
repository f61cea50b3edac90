/** Counts writes in the audit logs of the API servers. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const eventSchema = z.object({
  verb: z.string(),
  userAgent: z.string().optional(),
  objectRef: z.object({ resource: z.string(), subresource: z.string().optional() }).optional(),
});

/** Time without a new line after which a log is complete, in ms. */
const QUIET_MS = 500;

/** Counts by operation, such as `patch endpointslices` or `patch serviceimports/status`. */
export type Writes = Readonly<Record<string, number>>;

/** A position in an audit log. */
export class AuditMark {
  readonly #file: string;
  readonly #offset: number;

  constructor(file: string, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }

  /**
   * Requests since the mark, including rejected ones, by clients whose user agent starts with `agent`. Excludes Leases,
   * which are renewed on a timer. Waits until the log is quiet.
   */
  async writesOf(agent: string): Promise<Writes> {
    await untilQuiet(this.#file);
    const counts: Record<string, number> = {};
    const lines = createInterface({ input: createReadStream(this.#file, { start: this.#offset }) });
    for await (const line of lines) {
      const { verb, userAgent, objectRef } = eventSchema.parse(JSON.parse(line));
      if (!userAgent?.startsWith(agent) || objectRef?.resource === 'leases') continue;
      const what = [objectRef?.resource ?? 'unknown', objectRef?.subresource].filter(Boolean).join('/');
      counts[`${verb} ${what}`] = (counts[`${verb} ${what}`] ?? 0) + 1;
    }
    return counts;
  }
}

/** Marks the current end of a log. */
export async function markAudit(file: string): Promise<AuditMark> {
  return new AuditMark(file, await untilQuiet(file));
}

export function total(writes: Writes): number {
  return Object.values(writes).reduce((sum, count) => sum + count, 0);
}

/** `3 patch endpointslices, 1 create events` or `none`. */
export function describeWrites(writes: Writes): string {
  const parts = Object.entries(writes).map(([what, count]) => `${count} ${what}`);
  return parts.length > 0 ? parts.join(', ') : 'none';
}

/** A log does become quiet, since Leases are renewed only every few seconds. */
async function untilQuiet(file: string): Promise<number> {
  let { size } = await stat(file);
  for (;;) {
    await delay(QUIET_MS);
    const now = (await stat(file)).size;
    if (now === size) return size;
    size = now;
  }
}
