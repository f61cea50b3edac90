/**
 * The one registry of errors that users can see. Codes are stable: scripts and runbooks match them.
 * `docs/reference/errors.md` has a line for each; a test compares the two.
 */
export const ERRORS = {
  CTM_CONFIG_READ: 'fleet.yaml cannot be read',
  CTM_CONFIG_INVALID: 'fleet.yaml has a field or value that is not allowed',
  CTM_CONFIG_OVERLAP: 'two members declare overlapping CIDRs',
  CTM_KUBECONFIG_READ: 'a kubeconfig cannot be read',
  CTM_KUBECONFIG_INVALID: 'a kubeconfig has a field or value that is not allowed',
  CTM_KUBECONFIG_REFUSED: 'a kubeconfig uses something that is refused from this source, such as an exec plugin',
  CTM_CREDENTIALS: 'credentials cannot be obtained: exec plugin or token file',
  CTM_API_STATUS: 'an API server answered with an error status',
  CTM_API_UNREACHABLE: 'an API server cannot be reached',
  CTM_API_TLS: 'the certificate of an API server is not trusted, or ours is not',
  CTM_API_TIMEOUT: 'an API server did not answer in time',
  CTM_API_PROTOCOL: 'an API server answered with something that is not the Kubernetes API',
  CTM_MEMBER_DUPLICATE: 'two members have the same name or are the same cluster',
  CTM_LISTEN: 'an address cannot be listened on',
  CTM_COREFILE: 'a CoreDNS configuration cannot be understood, or serves the zone already',
  CTM_DNS: 'the way of the clusterset zone through a cluster’s DNS is broken',
  CTM_SANDBOX_NONE: 'no sandbox is running',
  CTM_SANDBOX_RUNNING: 'a sandbox is running already',
  CTM_SANDBOX_CLUSTER: 'the sandbox has no such cluster',
  CTM_SANDBOX_STATE: 'the folder of a sandbox cannot be used',
  CTM_SANDBOX_START: 'a part of the sandbox did not start',
  CTM_SANDBOX_MANIFEST: 'a manifest cannot be read, or names nothing that can be applied',
  CTM_SANDBOX_CURL: 'a request from a cluster of the sandbox failed',
  CTM_USAGE: 'a command line has an option or value that is not allowed',
  CTM_INTERNAL: 'Catamaran met a fault of its own',
} as const satisfies Record<string, `${string}`>;

/** Code of an error in the registry. */
export type ErrorCode = keyof typeof ERRORS;

/** An error that a user can act on: a stable code, and a message that names the object, the field and the value. */
export class CatamaranError extends Error {
  override readonly name: string = 'CatamaranError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** An error with an exit code of its own, for a command that stands in for another one. */
export class ExitError extends CatamaranError {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, exitCode: number) {
    super(code, message);
    this.exitCode = exitCode;
  }
}
