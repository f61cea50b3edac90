/** Decoding of the protobuf wire format. Source: protobuf.dev, "Encoding". */

/** A message field: a number, or bytes. */
export type WireField = { readonly number: number } & (
  | { readonly value: bigint }
  | { readonly bytes: Buffer }
  | { readonly double: number }
);

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/**
 * The fields of a message, in order.
 *
 * @throws RangeError if it is truncated or malformed.
 */
export function* wireFields(message: Buffer): Generator<WireField, void, undefined> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
      if (shift > 63n) throw new RangeError('varint exceeds 64 bits');
    }
  };
  const take = (length: number): Buffer => {
    if (length < 0 || at + length > message.length) throw new RangeError('truncated field');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === VARINT) yield { number, value: varint() };
    else if (type === BYTES) yield { number, bytes: take(Number(varint())) };
    else if (type === FIXED_64) yield { number, double: take(8).readDoubleLE() };
    else if (type === FIXED_32) yield { number, double: take(4).readFloatLE() };
    else throw new RangeError(`unsupported wire type ${type}`);
  }
}
