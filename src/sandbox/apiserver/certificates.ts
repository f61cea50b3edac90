/** The certificate of an API server on this machine, and the authority that signed it. Source: RFC 5280, RFC 5758. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { bits, contextual, identifier, integer, octets, sequence, setOf, TRUE, text, time } from './der.ts';

/** PEM texts. */
export interface Certificates {
  /** The authority, which signed `cert` and nothing else: its key is gone. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
/** Clocks of two processes on one machine are the same; those of containers may differ a little. */
const SKEW_MS = 3_600_000;
const VALID_MS = 365 * DAY_MS;

const ECDSA_WITH_SHA256 = sequence(identifier('1.2.840.10045.4.3.2'));
const COMMON_NAME = identifier('2.5.4.3');
const SUBJECT_KEY = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const ALTERNATIVE_NAMES = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTHENTICATION = identifier('1.3.6.1.5.5.7.3.1');

interface Party {
  readonly name: string;
  readonly publicKey: KeyObject;
}

function nameOf(name: string): Buffer {
  return sequence(setOf(sequence(COMMON_NAME, text(name))));
}

function publicKeyOf({ publicKey }: Party): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function keyId(party: Party): Buffer {
  return createHash('sha1').update(publicKeyOf(party)).digest();
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(identifier(id), ...(critical ? [TRUE] : []), octets(value));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** A certificate for `subject`, signed by `issuer`. */
function certificate(
  subject: Party,
  issuer: Party,
  key: KeyObject,
  now: number,
  extensions: readonly Buffer[],
): string {
  const serial = randomBytes(16);
  // Positive, and without leading zeros.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const body = sequence(
    contextual(0, true, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(time(now - SKEW_MS), time(now + VALID_MS)),
    nameOf(subject.name),
    publicKeyOf(subject),
    contextual(
      3,
      true,
      sequence(
        ...extensions,
        extension(SUBJECT_KEY, false, octets(keyId(subject))),
        extension(AUTHORITY_KEY, false, sequence(contextual(0, false, keyId(issuer)))),
      ),
    ),
  );
  return pem(sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, key))));
}

/** Makes an authority of its own and, signed by it, a certificate for 127.0.0.1, ::1 and localhost: ECDSA, P-256. */
export function makeCertificates(now: number): Certificates {
  const authorityKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serverKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authority = { name: 'catamaran-sandbox-ca', publicKey: authorityKeys.publicKey };
  const server = { name: 'catamaran-sandbox', publicKey: serverKeys.publicKey };
  const ca = certificate(authority, authority, authorityKeys.privateKey, now, [
    extension(BASIC_CONSTRAINTS, true, sequence(TRUE)),
    // digitalSignature and keyCertSign.
    extension(KEY_USAGE, true, bits(Buffer.from([0b1000_0100]), 2)),
  ]);
  const cert = certificate(server, authority, authorityKeys.privateKey, now, [
    extension(BASIC_CONSTRAINTS, true, sequence()),
    extension(KEY_USAGE, true, bits(Buffer.from([0b1000_0000]), 7)),
    extension(EXTENDED_KEY_USAGE, false, sequence(SERVER_AUTHENTICATION)),
    extension(
      ALTERNATIVE_NAMES,
      false,
      sequence(
        contextual(2, false, Buffer.from('localhost')),
        contextual(7, false, Buffer.from([127, 0, 0, 1])),
        contextual(7, false, Buffer.from([...Array<number>(15).fill(0), 1])),
      ),
    ),
  ]);
  return { ca, cert, key: serverKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
