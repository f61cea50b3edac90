/** Writes as the API servers themselves recorded them. */
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

/** Time without a new line after which a log counts as complete, in ms. */
const QUIET_MS = 500;

/** Writes by what was written, such as `patch endpointslices` or `patch serviceimports/status`. */
export type Writes = Readonly<Record<string, number>>;

/** A place in an audit log. */
export class AuditMark {
  readonly #file: string;
  readonly #offset: number;

  constructor(file: string, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }

  /**
   * The requests since the mark of clients whose user agent begins so, refused ones included. Leases are left out: they
   * are renewed by the clock, not by a change. Waits until the log has been quiet for a while.
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

/** The end of a log as it is now. */
export async function markAudit(file: string): Promise<AuditMark> {
  return new AuditMark(file, await untilQuiet(file));
}

/** All writes together. */
export function total(writes: Writes): number {
  return Object.values(writes).reduce((sum, count) => sum + count, 0);
}

/** `3 patch endpointslices, 1 create events`; `none`. */
export function describeWrites(writes: Writes): string {
  const parts = Object.entries(writes).map(([what, count]) => `${count} ${what}`);
  return parts.length > 0 ? parts.join(', ') : 'none';
}

/** Leases are renewed every few seconds only, so a log does fall quiet. */
async function untilQuiet(file: string): Promise<number> {
  let { size } = await stat(file);
  for (;;) {
    await delay(QUIET_MS);
    const now = (await stat(file)).size;
    if (now === size) return size;
    size = now;
  }
}
