/** Discovery endpoints. Source: Kubernetes documentation, "API Discovery"; meta/v1 and apidiscovery/v2. */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../machinery/json.ts';
import { openApiDocument, openApiIndex } from '../schema/openapi.ts';
import { aggregated, coreVersions, groupList, resourceList, versionList } from './discovery-documents.ts';
import type { ApiResponse } from './http.ts';
import { negotiate } from './negotiation.ts';
import type { ClusterState } from './state.ts';

/** A document, or plain text. */
export type Found =
  | { readonly value: JsonObject; readonly etag?: string; readonly headers?: ApiResponse['headers'] }
  | { readonly text: string; readonly type?: string };

/** Clients evaluate the version; the other fields identify kubesim. */
const VERSION: JsonObject = {
  major: '1',
  minor: '34',
  emulationMajor: '1',
  emulationMinor: '34',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '33',
  gitVersion: 'v1.34.4+kubesim',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
};

const AGGREGATED = /application\/json;g=apidiscovery\.k8s\.io;v=(v2(?:beta1)?);as=APIGroupDiscoveryList/;

function etagOf(value: JsonObject): string {
  return `"${createHash('sha512').update(JSON.stringify(value)).digest('hex').toUpperCase()}"`;
}

/**
 * Responds to a GET outside the resource API; undefined if the path is unknown.
 *
 * @throws StatusError 406
 */
export function discovery(
  state: ClusterState,
  path: string,
  accept: string,
  query: URLSearchParams,
): Found | undefined {
  const { registry } = state;
  const clean = path.length > 1 ? path.replace(/\/+$/, '') : path;
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(clean)) return { text: 'ok' };
  if (clean === '/version') return { value: VERSION };
  if (clean === '/openapi/v2') return openApiV2(accept);
  if (clean === '/openapi/v3') return { value: openApiIndex(registry.all()) };
  if (clean.startsWith('/openapi/v3/')) return openApi(state, clean.slice('/openapi/v3/'.length));
  if (clean === '/api' || clean === '/apis') {
    const form = AGGREGATED.exec(accept.replaceAll(' ', ''));
    if (form) {
      const value = aggregated(registry.all(), clean === '/api', form[1] ?? 'v2');
      const type = `application/json;g=apidiscovery.k8s.io;v=${form[1]};as=APIGroupDiscoveryList`;
      return { value, etag: etagOf(value), headers: { 'content-type': type } };
    }
    negotiate(accept, query, '');
    return { value: clean === '/api' ? coreVersions() : groupList(registry.all()) };
  }
  const [root, group, version, ...rest] = clean === '/api/v1' ? ['apis', '', 'v1'] : clean.slice(1).split('/');
  if (root !== 'apis' || group === undefined || rest.length > 0) return undefined;
  const value =
    version === undefined ? versionList(registry.all(), group) : resourceList(registry.all(), group, version);
  return value && { value };
}

const OPENAPI_V2 = { swagger: '2.0', info: { title: 'Kubernetes', version: '1.34' } } as const;

/** Requested and returned media types of OpenAPI v2 in protobuf. */
const PROTOBUF_V2 = {
  accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  type: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
} as const;

/** A length-delimited field of less than 128 bytes of ASCII. */
function field(number: number, value: string): string {
  return String.fromCharCode((number << 3) | 2, value.length) + value;
}

/**
 * A document without schemas. kubectl reads it before it sends a List or a kind missing from OpenAPI v3, and skips
 * validation of kinds that it does not contain.
 */
function openApiV2(accept: string): Found {
  if (!accept.includes(PROTOBUF_V2.accept)) return { value: { ...OPENAPI_V2, paths: {} } };
  const { swagger, info } = OPENAPI_V2;
  return { text: field(1, swagger) + field(2, field(1, info.title) + field(2, info.version)), type: PROTOBUF_V2.type };
}

function openApi({ registry }: ClusterState, path: string): Found | undefined {
  const groupVersion = path.replace(/^apis?\//, '');
  const known = registry
    .all()
    .some(({ group, versions }) =>
      versions.some(({ name }) => (group === '' ? `api/${name}` : `apis/${group}/${name}`) === path),
    );
  if (!known) return undefined;
  const value = openApiDocument(groupVersion, registry.all());
  return { value, etag: etagOf(value) };
}
