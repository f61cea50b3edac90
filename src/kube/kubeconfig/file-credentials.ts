import type { Clock } from '../../runtime/clock.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { type Credentials, isToken } from './credentials.ts';
import { type Loaded, LoadedCredentials } from './loaded-credentials.ts';

/** How often files are read again. Bound tokens are rotated well ahead of expiry. */
const FILE_REREAD_MS = 60_000;

/** A rotation of these files, by kubelet, cert-manager or a user, is picked up within a minute. */
export interface IdentityFiles {
  readonly tokenFile?: string;
  readonly token?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** If one half of the certificate is inline in the kubeconfig. */
  readonly cert?: string;
  readonly key?: string;
}

/** Credentials from files, which are read again after a minute and after a 401. */
export function fileCredentials(
  files: IdentityFiles,
  readFile: (path: string) => Promise<string>,
  clock: Clock,
): Credentials {
  const read = async (path: string): Promise<string> => {
    try {
      return await readFile(path);
    } catch (cause) {
      const message = messageOf(cause);
      throw new CatamaranError('CTM_CREDENTIALS', `${path}: cannot be read: ${message}`, { cause });
    }
  };
  const load = async (): Promise<Loaded> => {
    const [token, cert, key] = await Promise.all([
      files.tokenFile === undefined ? files.token : read(files.tokenFile).then((text) => text.trim()),
      files.certFile === undefined ? files.cert : read(files.certFile),
      files.keyFile === undefined ? files.key : read(files.keyFile),
    ]);
    if (files.tokenFile !== undefined && !isToken(token ?? '')) {
      const problem = token === '' ? 'empty' : 'not a token: contains spaces or control characters';
      throw new CatamaranError('CTM_CREDENTIALS', `${files.tokenFile}: ${problem}`);
    }
    return {
      identity: {
        ...(token !== undefined && { token }),
        ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
      },
      expiresAt: clock.now() + FILE_REREAD_MS,
    };
  };
  return new LoadedCredentials({ load, clock, source: files.tokenFile ?? files.certFile ?? files.keyFile ?? '' });
}
