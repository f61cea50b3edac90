import type { ErrorCode } from '../runtime/errors.ts';

/** Creates a problem of the field at `path`. */
export type Report<T> = (code: ErrorCode, path: readonly (string | number)[], message: string) => T;
