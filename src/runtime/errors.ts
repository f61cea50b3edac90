/** Exit code class of an error: `usage` errors persist until the command line or a file changes. */
export type ExitClass = 'failure' | 'usage';

interface ErrorRow {
  readonly exit: ExitClass;
  readonly summary: string;
}

/**
 * Registry of all user-visible errors. Codes are stable, since scripts and runbooks match them.
 * `docs/reference/errors.md` has a row for each; a test compares the two.
 */
export const ERRORS = {
  CTM_CONFIG_READ: { exit: 'usage', summary: 'the fleet file cannot be read' },
  CTM_CONFIG_INVALID: {
    exit: 'usage',
    summary: 'the fleet file is not valid YAML, or has an unknown field or an invalid value',
  },
  CTM_CONFIG_OVERLAP: { exit: 'usage', summary: 'two members declare overlapping CIDRs' },
  CTM_MEMBER_DUPLICATE: { exit: 'usage', summary: 'two members have the same name or are the same cluster' },
  CTM_MEMBER_UNLISTED: { exit: 'failure', summary: 'a member could not be listed, so its state is unknown' },
  CTM_CRDS_MISSING: {
    exit: 'failure',
    summary: 'a member does not serve ServiceExport and ServiceImport in version v1beta1 or v1alpha1',
  },
  CTM_CRDS_OWNED: {
    exit: 'failure',
    summary: 'a package manager or another controller installed the CRDs that would change',
  },
  CTM_MEMBER_IDENTITY: {
    exit: 'usage',
    summary: 'a member is not the cluster that the fleet file pins, or does not report which cluster it is',
  },
  CTM_MEMBER_VERSION: { exit: 'usage', summary: 'a member runs a version of Kubernetes that is not supported' },
  CTM_KUBECONFIG_READ: { exit: 'usage', summary: 'a kubeconfig, or a file it refers to, cannot be read' },
  CTM_KUBECONFIG_INVALID: {
    exit: 'usage',
    summary: 'a kubeconfig has an unknown field or an invalid value, or lacks the requested context',
  },
  CTM_KUBECONFIG_REFUSED: {
    exit: 'usage',
    summary: 'a kubeconfig from a Secret uses a feature that could harm the hub, such as an exec plugin or a file path',
  },
  CTM_MEMBER_SECRET: {
    exit: 'usage',
    summary: 'a Secret or ClusterProfile of an inventory does not describe a member that can be connected',
  },
  CTM_MEMBERSHIP: {
    exit: 'failure',
    summary: 'a cluster cannot join or leave a fleet as requested',
  },
  CTM_CREDENTIALS: { exit: 'failure', summary: 'an exec plugin or token file did not provide credentials' },
  CTM_API_STATUS: { exit: 'failure', summary: 'an API server returned an error status' },
  CTM_API_UNREACHABLE: { exit: 'failure', summary: 'an API server cannot be reached' },
  CTM_API_TLS: {
    exit: 'failure',
    summary: 'the TLS handshake with an API server failed: one side does not trust the certificate of the other',
  },
  CTM_API_TIMEOUT: { exit: 'failure', summary: 'an API server did not respond in time' },
  CTM_API_PROTOCOL: { exit: 'failure', summary: 'an API server returned something that is not the Kubernetes API' },
  CTM_MEMBER_BUDGET: { exit: 'failure', summary: 'an API server sends more than its budget allows' },
  CTM_LISTEN: {
    exit: 'failure',
    summary: 'cannot listen on an address: it is in use, does not belong to this machine, or its port needs privileges',
  },
  CTM_COREFILE: {
    exit: 'usage',
    summary: 'the DNS configuration is missing, not understood, owned by another tool, or cannot serve the zone',
  },
  CTM_DNS: {
    exit: 'failure',
    summary: 'the clusterset zone is not resolved in a cluster, or a change to its DNS was taken back or incomplete',
  },
  CTM_EXPLAINED: { exit: 'failure', summary: 'a request to an exported Service cannot be answered' },
  CTM_DIFF: { exit: 'failure', summary: 'a controller would change something' },
  CTM_VERIFY: {
    exit: 'failure',
    summary: 'a request from a member to an imported Service failed or could not be sent',
  },
  CTM_SHARING: { exit: 'failure', summary: 'a Service cannot be exported or imported as requested' },
  CTM_VALUES: {
    exit: 'usage',
    summary: 'a file with values for an installation cannot be read, or has an unknown field or an invalid value',
  },
  CTM_INSTALL_REFUSED: {
    exit: 'usage',
    summary: 'the cluster has an object that another installer manages, or lacks an API that the installation needs',
  },
  CTM_INSTALL_NONE: { exit: 'failure', summary: 'there is no installation to remove' },
  CTM_OUTPUT: { exit: 'failure', summary: 'stdout cannot be written, as on a full disk' },
  CTM_CONSOLE_SESSION: { exit: 'failure', summary: 'the console needs a sign-in, or the session has ended' },
  CTM_CONSOLE_REFUSED: {
    exit: 'failure',
    summary: 'the console does not allow a request: it is read-only, the rights are missing, or the origin is another',
  },
  CTM_CONSOLE_INPUT: { exit: 'failure', summary: 'a request to the console has an invalid field, type or size' },
  CTM_CONSOLE_UNKNOWN: {
    exit: 'failure',
    summary: 'what a request to the console names does not exist, or is not visible to the user',
  },
  CTM_SANDBOX_NONE: { exit: 'failure', summary: 'no sandbox is running with this state directory' },
  CTM_SANDBOX_RUNNING: { exit: 'failure', summary: 'a sandbox is already running with this state directory' },
  CTM_SANDBOX_CLUSTER: { exit: 'usage', summary: 'the sandbox has no cluster with this name' },
  CTM_SANDBOX_STATE: { exit: 'usage', summary: 'the state directory of a sandbox cannot be used' },
  CTM_SANDBOX_START: { exit: 'failure', summary: 'a part of the sandbox failed to start' },
  CTM_SANDBOX_MANIFEST: {
    exit: 'usage',
    summary: 'a manifest cannot be read, is not valid YAML, or has a kind that the cluster does not serve',
  },
  CTM_SANDBOX_CURL: { exit: 'failure', summary: 'a request from a cluster of the sandbox failed' },
  CTM_USAGE: { exit: 'usage', summary: 'the command line or an environment variable is wrong' },
  CTM_NODE: { exit: 'usage', summary: 'this version of Node.js is too old' },
  CTM_INTERNAL: { exit: 'failure', summary: 'internal error; please report it' },
} as const satisfies Record<`CTM_${string}`, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** A user-visible error. The message names object, field and value. */
export class CatamaranError extends Error {
  override readonly name: string = 'CatamaranError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** One of several errors; each is printed on its own line. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Several errors that were found together. Its own code determines the exit code. */
export class ErrorList extends CatamaranError {
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, problems: readonly Problem[]) {
    super(code, problems.map(({ message }) => message).join('\n'));
    this.problems = problems;
  }
}

/** An error with an explicit exit code, for a command that mirrors the exit codes of another program. */
export class ExitError extends CatamaranError {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, exitCode: number) {
    super(code, message);
    this.exitCode = exitCode;
  }
}
