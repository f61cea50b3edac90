/** Certificate and certificate authority of an API server on loopback. Source: RFC 5280. */
// Required by the X.509 library, which does not import it itself.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface Certificates {
  /** The certificate authority. It signed only `cert`, and its key is discarded. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
/** Tolerates small clock differences with clients in containers. */
const SKEW_MS = 3_600_000;
const VALID_MS = 365 * DAY_MS;

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const AUTHORITY = 'CN=kubesim-ca';

/**
 * Generates a certificate authority and a certificate for 127.0.0.1, ::1 and localhost: ECDSA, P-256. `now` is in
 * milliseconds since the epoch.
 */
export async function makeCertificates(now: number): Promise<Certificates> {
  const { subtle } = globalThis.crypto;
  const [authority, server] = await Promise.all([
    subtle.generateKey(KEYS, false, ['sign', 'verify']),
    subtle.generateKey(KEYS, true, ['sign', 'verify']),
  ]);
  const common = {
    issuer: AUTHORITY,
    notBefore: new Date(now - SKEW_MS),
    notAfter: new Date(now + VALID_MS),
    signingKey: authority.privateKey,
    signingAlgorithm: SIGNATURE,
  };
  const [ca, cert] = await Promise.all([
    X509CertificateGenerator.create({
      ...common,
      subject: AUTHORITY,
      publicKey: authority.publicKey,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true),
        await SubjectKeyIdentifierExtension.create(authority.publicKey),
      ],
    }),
    X509CertificateGenerator.create({
      ...common,
      subject: 'CN=kubesim',
      publicKey: server.publicKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: '127.0.0.1' },
          { type: 'ip', value: '::1' },
        ]),
        await SubjectKeyIdentifierExtension.create(server.publicKey),
        await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ],
    }),
  ]);
  const key = await subtle.exportKey('pkcs8', server.privateKey);
  return { ca: ca.toString('pem'), cert: cert.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') };
}
