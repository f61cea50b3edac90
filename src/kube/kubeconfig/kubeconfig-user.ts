/** User entries of a kubeconfig: certificates, tokens, plugins. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { JsonObject } from '../../api/json.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Semaphore } from '../client/semaphore.ts';
import { type Credentials, isToken, staticCredentials } from './credentials.ts';
import { execCredentials } from './exec-plugin.ts';
import { fileCredentials } from './file-credentials.ts';
import { invalid, type KubeconfigUser } from './kubeconfig-schema.ts';

export interface UserOptions {
  readonly user: KubeconfigUser;
  /** The file or Secret that the entry is in. */
  readonly source: string;
  /** Path of the entry: `users[name=admin].user`. */
  readonly prefix: string;
  /** Base directory of relative paths. */
  readonly dir: string;
  /** `spec.cluster` for exec plugins. */
  readonly execCluster: JsonObject;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
  readonly clock: Clock;
  readonly pluginRuns?: Semaphore;
}

/**
 * The credentials of a user entry. Precedence is that of kubectl: for certificates, inline data over a file; for
 * tokens, a file over inline data.
 * @throws CTM_KUBECONFIG_INVALID
 */
export function userCredentials(options: UserOptions): Credentials {
  const { user, source, prefix, dir, environment, execCluster, readFile, clock, pluginRuns } = options;
  const cert = decoded(source, `${prefix}.client-certificate-data`, user['client-certificate-data']);
  const key = decoded(source, `${prefix}.client-key-data`, user['client-key-data']);
  const certFile = cert === undefined ? user['client-certificate'] : undefined;
  const keyFile = key === undefined ? user['client-key'] : undefined;
  const hasCert = cert !== undefined || certFile !== undefined;
  if (hasCert !== (key !== undefined || keyFile !== undefined)) {
    const [present, absent] = hasCert ? ['client-certificate', 'client-key'] : ['client-key', 'client-certificate'];
    throw invalid(source, `${prefix}.${absent}(-data)`, `required with ${present}(-data)`);
  }
  if (cert !== undefined) checkCertificate(source, `${prefix}.client-certificate-data`, cert);
  if (key !== undefined) checkKey(source, `${prefix}.client-key-data`, key);
  if (cert !== undefined && key !== undefined && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw invalid(source, `${prefix}.client-key-data`, 'does not match client-certificate-data');
  }

  const { token, tokenFile, exec } = user;
  if (token !== undefined && !isToken(token))
    throw invalid(source, `${prefix}.token`, 'contains spaces or control characters');
  if (exec) {
    const other = hasCert ? 'a client certificate' : token || tokenFile ? 'a token' : undefined;
    if (other) throw invalid(source, `${prefix}.exec`, `mutually exclusive with ${other}`);
    if (exec.interactiveMode === 'Always') {
      throw invalid(
        source,
        `${prefix}.exec.interactiveMode`,
        'Always requires a terminal; supported: Never, IfAvailable',
      );
    }
    return execCredentials({
      plugin: exec,
      source: `${source}: ${prefix}.exec`,
      dir,
      environment,
      cluster: execCluster,
      clock,
      ...(pluginRuns && { runs: pluginRuns }),
    });
  }
  if (tokenFile === undefined && certFile === undefined && keyFile === undefined) {
    return staticCredentials({
      ...(token !== undefined && { token }),
      ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    });
  }
  return fileCredentials(
    {
      ...(token !== undefined && { token }),
      ...(tokenFile !== undefined && { tokenFile: resolve(dir, tokenFile) }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(certFile !== undefined && { certFile: resolve(dir, certFile) }),
      ...(keyFile !== undefined && { keyFile: resolve(dir, keyFile) }),
    },
    readFile,
    clock,
  );
}

function decoded(source: string, field: string, data: string | undefined): string | undefined {
  return data === undefined ? undefined : decode(source, field, data);
}

/**
 * Decodes the base64 text of a `-data` field.
 * @throws CTM_KUBECONFIG_INVALID
 */
export function decode(source: string, field: string, data: string): string {
  const text = data.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalid(source, field, 'not base64');
  return Buffer.from(text, 'base64').toString('utf8');
}

/** @throws CTM_KUBECONFIG_INVALID if `pem` is not a PEM certificate. */
export function checkCertificate(source: string, field: string, pem: string): void {
  try {
    new X509Certificate(pem);
  } catch {
    throw invalid(source, field, 'not a PEM certificate');
  }
}

function checkKey(source: string, field: string, pem: string): void {
  try {
    createPrivateKey(pem);
  } catch {
    throw invalid(source, field, 'not an unencrypted PEM private key');
  }
}
