import type { Below } from './random.ts';

/** Boundary values of lengths and types in binary formats. */
const EDGES = [0, 1, 12, 63, 64, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xff];

/**
 * Applies one to eight mutations: changed bytes and bits, truncation, repetition, trailing bytes, and pieces that mean
 * something in the format.
 */
export function mutateBytes(input: Buffer, below: Below, pieces: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(input);
  for (let left = 1 + below(8); left > 0; left--) {
    const at = below(Math.max(1, bytes.length));
    const piece = pieces[below(Math.max(1, pieces.length))];
    switch (below(piece ? 10 : 6)) {
      case 0:
        bytes[at] = below(256);
        break;
      case 1:
        bytes[at] = EDGES[below(EDGES.length)] ?? 0;
        break;
      case 2:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(at + 1))]);
        break;
      case 5:
        bytes = Buffer.concat([bytes, Buffer.alloc(below(64), below(256))]);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), piece ?? Buffer.alloc(0), bytes.subarray(at + below(4))]);
    }
  }
  return bytes;
}
