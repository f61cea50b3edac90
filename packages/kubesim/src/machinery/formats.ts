/**
 * Formats of names and values. Each function returns the problems of a value, worded to follow `Invalid value: "x": `.
 * Source: Kubernetes, apimachinery, util/validation; RFC 1123, RFC 1035.
 */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const ENDS = 'and must start and end with an alphanumeric character';
const labelWords = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${ENDS}`;
const subdomainWords = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${ENDS}`;
const label1035Words =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const nameWords = `must consist of alphanumeric characters, '-', '_' or '.', ${ENDS}`;
const labelValueWords = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ${ENDS}`;

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

const labelPattern = whole(LABEL);
const subdomainPattern = whole(SUBDOMAIN);
const label1035Pattern = whole(LABEL_1035);
const qualifiedPattern = whole(QUALIFIED);
const labelValuePattern = whole(`(${QUALIFIED})?`);

/** Message for a value that does not match, with valid examples. */
export function mismatch(words: string, pattern: string, ...examples: readonly string[]): string {
  const listed = examples.map((one) => `'${one}', `).join(' or ');
  return examples.length === 0
    ? `${words} (regex used for validation is '${pattern}')`
    : `${words} (e.g. ${listed}regex used for validation is '${pattern}')`;
}

function tooLong(limit: number): string {
  return `must be no more than ${limit} characters`;
}

function bytes(value: string): number {
  return Buffer.byteLength(value);
}

/** An RFC 1123 label: one part of a DNS name. */
export function label1123(value: string): readonly string[] {
  const found = bytes(value) > 63 ? [tooLong(63)] : [];
  if (labelPattern.test(value)) return found;
  if (subdomainPattern.test(value)) return [...found, 'must not contain dots'];
  return [...found, mismatch(labelWords, LABEL, 'my-name', '123-abc')];
}

/** An RFC 1123 DNS name. */
export function subdomain1123(value: string): readonly string[] {
  const found = bytes(value) > 253 ? [tooLong(253)] : [];
  return subdomainPattern.test(value) ? found : [...found, mismatch(subdomainWords, SUBDOMAIN, 'example.com')];
}

/** An RFC 1035 label, which starts with a letter. */
export function label1035(value: string): readonly string[] {
  const found = bytes(value) > 63 ? [tooLong(63)] : [];
  return label1035Pattern.test(value) ? found : [...found, mismatch(label1035Words, LABEL_1035, 'my-name', 'abc-123')];
}

/** A name with an optional DNS subdomain prefix, as in label keys. */
export function qualifiedName(value: string): readonly string[] {
  const parts = value.split('/');
  const examples = ['MyName', 'my.name', '123-abc'] as const;
  if (parts.length > 2) {
    const words = mismatch(nameWords, QUALIFIED, ...examples);
    return [`a qualified name ${words} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const found: string[] = [];
  if (prefix === '') found.push('prefix part must be non-empty');
  else if (prefix !== undefined) found.push(...subdomain1123(prefix).map((problem) => `prefix part ${problem}`));
  if (name === '') found.push('name part must be non-empty');
  else if (bytes(name) > 63) found.push(`name part ${tooLong(63)}`);
  if (!qualifiedPattern.test(name)) found.push(`name part ${mismatch(nameWords, QUALIFIED, ...examples)}`);
  return found;
}

/** A label value. */
export function labelValue(value: string): readonly string[] {
  const found = bytes(value) > 63 ? [tooLong(63)] : [];
  if (labelValuePattern.test(value)) return found;
  return [...found, mismatch(labelValueWords, `(${QUALIFIED})?`, 'MyValue', 'my_value', '12345')];
}

/** A number in an inclusive range. */
export function inRange(value: number, low: number, high: number): readonly string[] {
  return value >= low && value <= high ? [] : [`must be between ${low} and ${high}, inclusive`];
}

/** A TCP, UDP or SCTP port number. */
export function portNumber(value: number): readonly string[] {
  return inRange(value, 1, 65535);
}

/** An RFC 6335 port name. */
export function portName(value: string): readonly string[] {
  const found: string[] = [];
  if (bytes(value) > 15) found.push(tooLong(15));
  if (!/^[-a-z0-9]+$/.test(value)) found.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) found.push('must contain at least one letter (a-z)');
  if (value.includes('--')) found.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) found.push('must not begin or end with a hyphen');
  return found;
}

/** A key of a ConfigMap or Secret. */
export function configMapKey(value: string): readonly string[] {
  const found = bytes(value) > 253 ? [tooLong(253)] : [];
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    const words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    found.push(mismatch(words, '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (value === '.') found.push("must not be '.'");
  else if (value === '..') found.push("must not be '..'");
  else if (value.startsWith('..')) found.push("must not start with '..'");
  return found;
}

/** The name of an environment variable: printable ASCII except `=`. */
export function environmentName(value: string): readonly string[] {
  if (value !== '' && /^[ -<>-~]+$/.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** A name used as one path segment, such as the name of a role. */
export function pathSegment(value: string): readonly string[] {
  const found: string[] = [];
  if (value === '.') return ["may not be '.'"];
  if (value === '..') return ["may not be '..'"];
  if (value.includes('/')) found.push("may not contain '/'");
  if (value.includes('%')) found.push("may not contain '%'");
  return found;
}

/** A number followed by a percent sign. */
export function percentage(value: string): readonly string[] {
  const words = "a valid percent string must be a numeric string followed by an ending '%'";
  return /^[0-9]+%$/.test(value) ? [] : [mismatch(words, '[0-9]+%', '1%', '93%')];
}
