/** The few values of ASN.1 that certificates are made of, in DER. Source: ITU-T X.690. */

/** A value with its tag. Lengths over 65,535 bytes are not needed here. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

/** SEQUENCE. */
export function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

/** SET of one value. */
export function setOf(part: Buffer): Buffer {
  return tagged(0x31, part);
}

/** BOOLEAN TRUE. */
export const TRUE: Buffer = tagged(0x01, Buffer.from([0xff]));

/** INTEGER that is not negative, from its bytes. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes[0] ?? 0;
  return tagged(0x02, first >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** OCTET STRING. */
export function octets(content: Buffer): Buffer {
  return tagged(0x04, content);
}

/** BIT STRING; `unused` bits at its end mean nothing. */
export function bits(content: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), content);
}

/** UTF8String. */
export function text(value: string): Buffer {
  return tagged(0x0c, Buffer.from(value));
}

/** UTCTime, which is for years until 2049. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return tagged(0x17, Buffer.from(digits.slice(2)));
}

/** OBJECT IDENTIFIER, as `2.5.29.17`. */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc % 0x80];
    for (let left = Math.floor(arc / 0x80); left > 0; left = Math.floor(left / 0x80))
      groups.unshift((left % 0x80) + 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** A value that only its place in the structure names; `constructed` where it holds others. */
export function contextual(number: number, constructed: boolean, ...parts: readonly Buffer[]): Buffer {
  return tagged((constructed ? 0xa0 : 0x80) + number, ...parts);
}
