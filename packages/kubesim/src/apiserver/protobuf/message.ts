/**
 * Decodes protobuf, which kubectl uses to send built-in objects that it generates. `messages.json` is recorded by
 * tools/codegen/protobuf.ts. Source: Kubernetes documentation, "API concepts", "Kubernetes Protobuf encoding".
 */
import type { Json, JsonObject } from '../../machinery/json.ts';
import { parseJson } from '../../machinery/json.ts';
import recorded from './messages.json' with { type: 'json' };
import { type WireField, wireFields } from './wire.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from('k8s\0');
const KINDS: Readonly<Record<string, string>> = recorded.kinds;
/**
 * Keyed by field number: the field's name and type, separated by a space; the type is prefixed with `*` for lists and
 * `%` for maps.
 */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = recorded.messages;

/**
 * Decodes the object in a body.
 *
 * @throws RangeError if it is malformed or of an unknown kind.
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw new RangeError('no Kubernetes object in protobuf');
  const envelope = byNumber(body.subarray(MAGIC.length));
  const type = byNumber(envelope.get(1) ?? Buffer.alloc(0));
  const apiVersion = type.get(1)?.toString() ?? '';
  const kind = type.get(2)?.toString() ?? '';
  const message = KINDS[`${apiVersion}/${kind}`];
  if (message === undefined) throw new RangeError(`unknown protobuf kind ${kind} of ${apiVersion}`);
  const value = decodeMessage(message, envelope.get(2) ?? Buffer.alloc(0));
  // Types with a custom encoding occur only below an object.
  return { apiVersion, kind, ...Object(value) };
}

function byNumber(message: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (const field of wireFields(message)) if ('bytes' in field) fields.set(field.number, field.bytes);
  return fields;
}

/** Messages whose JSON is not an object keyed by field name. */
const OWN_FORMS: Readonly<Record<string, (message: Buffer) => Json | undefined>> = {
  'meta.v1.Time': (message) => time(message, (iso) => iso.replace(/\.\d+Z$/, 'Z')),
  'meta.v1.MicroTime': (message) => time(message, (iso) => iso.replace('Z', '000Z')),
  'meta.v1.FieldsV1': embedded,
  'runtime.RawExtension': embedded,
  'api.resource.Quantity': (message) => byNumber(message).get(1)?.toString(),
  'util.intstr.IntOrString': (message) => {
    const { type, intVal, strVal } = Object(decodeFields('util.intstr.IntOrString', message));
    return type === 1 ? (strVal ?? '') : (intVal ?? 0);
  },
};

function time(message: Buffer, form: (iso: string) => string): Json | undefined {
  const { seconds, nanos } = Object(decodeFields('meta.v1.Time', message));
  if (seconds === undefined) return undefined;
  return form(new Date(Number(seconds) * 1_000 + Number(nanos ?? 0) / 1_000_000).toISOString());
}

/** JSON embedded as bytes. */
function embedded(message: Buffer): Json | undefined {
  const text = byNumber(message).get(1)?.toString();
  return text === undefined || text === '' ? undefined : parseJson(text);
}

function decodeMessage(name: string, message: Buffer): Json | undefined {
  const own = OWN_FORMS[name];
  if (own) return own(message);
  const fields = decodeFields(name, message);
  // A message that wraps a list, which JSON represents as the list itself.
  return Object.keys(MESSAGES[name] ?? {}).length === 1 && Array.isArray(fields.items) && name.endsWith('ExtraValue')
    ? fields.items
    : fields;
}

function decodeFields(name: string, message: Buffer): JsonObject {
  const known = MESSAGES[name] ?? {};
  const result: Record<string, Json> = {};
  for (const field of wireFields(message)) {
    const described = known[field.number];
    // A field added by a newer client.
    if (described === undefined) continue;
    const [key = '', type = ''] = described.split(' ');
    if (type.startsWith('%')) {
      const [entryKey, value] = decodeEntry(type.slice(1), field);
      result[key] = { ...Object(result[key]), [entryKey]: value };
      continue;
    }
    const value = decodeValue(type.replace(/^\*/, ''), field);
    if (value === undefined) continue;
    if (type.startsWith('*')) {
      const held = result[key];
      result[key] = Array.isArray(held) ? [...held, value] : [value];
    } else if (key === '') Object.assign(result, value);
    else result[key] = value;
  }
  return result;
}

function decodeEntry(type: string, field: WireField): readonly [string, Json] {
  if (!('bytes' in field)) throw new RangeError('malformed map');
  let key = '';
  let value: Json | undefined;
  for (const part of wireFields(field.bytes)) {
    if (part.number === 1 && 'bytes' in part) key = part.bytes.toString();
    else value = decodeValue(type, part);
  }
  return [key, value ?? ''];
}

function decodeValue(type: string, field: WireField): Json | undefined {
  if ('value' in field) return type === 'b' ? field.value !== 0n : Number(field.value);
  if ('double' in field) return field.double;
  if (type === 's') return field.bytes.toString();
  return type === 'y' ? field.bytes.toString('base64') : decodeMessage(type, field.bytes);
}
