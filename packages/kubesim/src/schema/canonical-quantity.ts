/** Canonical form of resource quantities. Source: apimachinery, api/resource Quantity. */

const QUANTITY = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))$/;
const DECIMAL: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
/** Quantities are integral multiples of 1e-9; smaller fractions are rounded up. */
const NANO_DIGITS = 9;
const ONE = 1_000_000_000n;
const KIBI = 1024n;
/** Texts with a larger exponent are left as is, to avoid numbers with a million digits. */
const MAX_EXPONENT = 60;

/** `500m` for `0.5`, `1` for `1000m`, `1Gi` for `1024Mi`; returns the text itself if it is not a quantity. */
export function canonicalQuantity(given: string | number): string {
  const text = `${given}`;
  const [, sign = '', whole = '', part = '', exponent, suffix = ''] = QUANTITY.exec(text) ?? [];
  if (whole === '' && part === '') return text;
  const binary = BINARY.findIndex((one) => one !== '' && one === suffix);
  const power = exponent === undefined ? decimalPower(suffix) : Number(exponent);
  if (Math.abs(power) > MAX_EXPONENT || part.length > MAX_EXPONENT) return text;
  const shift = NANO_DIGITS + (binary > 0 ? 0 : power) - part.length;
  const units = BigInt(whole + part) * (binary > 0 ? KIBI ** BigInt(binary) : 1n);
  const nanos = shift >= 0 ? units * 10n ** BigInt(shift) : roundedUp(units, 10n ** BigInt(-shift));
  if (nanos === 0n) return '0';
  return `${sign === '-' ? '-' : ''}${shown(nanos, binary > 0, exponent !== undefined)}`;
}

function decimalPower(suffix: string): number {
  const at = DECIMAL.indexOf(suffix);
  return at < 0 ? 0 : 3 * at - NANO_DIGITS;
}

function shown(nanos: bigint, binary: boolean, scientific: boolean): string {
  if (binary && nanos >= KIBI * ONE) return reduced(roundedUp(nanos, ONE), KIBI, BINARY);
  if (!scientific) return reduced(nanos, 1000n, DECIMAL);
  return reduced(
    nanos,
    1000n,
    DECIMAL.map((_, i) => (3 * i === NANO_DIGITS ? '' : `e${3 * i - NANO_DIGITS}`)),
  );
}

/** With the largest suffix that keeps the value an integer. */
function reduced(value: bigint, step: bigint, suffixes: readonly string[]): string {
  let left = value;
  let at = 0;
  for (; left % step === 0n && at + 1 < suffixes.length; at++) left /= step;
  return `${left}${suffixes[at]}`;
}

function roundedUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
