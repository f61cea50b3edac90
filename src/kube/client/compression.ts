/** Compressed responses. kube-apiserver compresses pages of lists from 128 KiB, to a tenth and less, and never watches. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { LongBody } from './budget.ts';

const unpack = promisify(gunzip);

/** Sent with requests whose response is worth it. */
export const ACCEPT_COMPRESSED = { 'accept-encoding': 'gzip' } as const;

/**
 * The body of a response with this content encoding.
 *
 * @throws LongBody for a body that has more bytes when it is unpacked, Error for one that is not compressed.
 */
export async function decoded(body: Buffer, encoding: string | string[] | undefined, most: number): Promise<Buffer> {
  if (encoding !== 'gzip') return body;
  try {
    return await unpack(body, { maxOutputLength: most });
  } catch (error) {
    if (error instanceof RangeError) throw new LongBody(`the response has more than ${most} bytes`);
    throw error;
  }
}
