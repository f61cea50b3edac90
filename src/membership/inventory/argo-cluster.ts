/**
 * Cluster Secrets of Argo CD as kubeconfigs.
 *
 * Source: Argo CD documentation, "Declarative Setup", "Clusters".
 */
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts';

/** Fields that log in with a cloud, a program or a password. */
const REFUSED: Readonly<Record<string, string>> = {
  execProviderConfig: 'runs a program; use bearerToken or a client certificate',
  awsAuthConfig: 'runs a program; use bearerToken or a client certificate',
  username: 'basic authentication was removed from Kubernetes in 1.19; use bearerToken',
  password: 'basic authentication was removed from Kubernetes in 1.19; use bearerToken',
};

const CONTEXT = 'argocd';

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    // The message of the parser could quote a token.
    throw new Error('config: not JSON');
  }
}

function isSet(value: Json | undefined): value is Json {
  return value !== undefined && value !== null && value !== '' && value !== false;
}

/** @throws Error with the field, without its value. */
export function argoKubeconfig({ server, config: text }: Readonly<Record<string, string>>): string {
  if (server === undefined) throw new Error('server: missing');
  const config = parsed(text ?? '{}');
  if (!isJsonObject(config)) throw new Error('config: not a JSON object');
  for (const [field, reason] of Object.entries(REFUSED)) {
    if (isSet(config[field])) throw new Error(`config.${field}: refused: ${reason}`);
  }
  const tls = isJsonObject(config.tlsClientConfig) ? config.tlsClientConfig : {};
  if (isSet(tls.insecure)) {
    throw new Error('config.tlsClientConfig.insecure: refused: the server must be verified; use caData');
  }
  const cluster: JsonObject = {
    server,
    ...(isSet(tls.caData) && { 'certificate-authority-data': tls.caData }),
    ...(isSet(tls.serverName) && { 'tls-server-name': tls.serverName }),
  };
  const user: JsonObject = {
    ...(isSet(config.bearerToken) && { token: config.bearerToken }),
    ...(isSet(tls.certData) && { 'client-certificate-data': tls.certData }),
    ...(isSet(tls.keyData) && { 'client-key-data': tls.keyData }),
  };
  return kubeconfigOf(CONTEXT, cluster, user);
}

/** A kubeconfig of one context. */
export function kubeconfigOf(context: string, cluster: JsonObject, user: JsonObject): string {
  return JSON.stringify({
    'current-context': context,
    clusters: [{ name: context, cluster }],
    users: [{ name: context, user }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
  });
}
