/** Resource quantities such as `100m` and `1Gi`. Source: Kubernetes API, resource.Quantity. */

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))$/;

/** The quantity as a number, precise enough for comparisons; undefined if the text is malformed. */
export function quantityValue(text: string): number | undefined {
  const [, number, exponent = '', suffix = ''] = QUANTITY.exec(text) ?? [];
  const factor = FACTORS[suffix];
  return number === undefined || factor === undefined ? undefined : Number(`${number}${exponent}`) * factor;
}
