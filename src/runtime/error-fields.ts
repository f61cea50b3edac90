import { CatamaranError } from './errors.ts';
import { toError } from './thrown.ts';

/** What the log has of an error. Other properties, which libraries attach, may have credentials in them. */
export interface ErrorFields {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
}

/** `stacks` adds the stack trace, with those of its causes. */
export function errorFields(thrown: unknown, stacks: boolean): ErrorFields {
  const error = toError(thrown);
  const { name: type, message } = error;
  return {
    type,
    ...(error instanceof CatamaranError && { code: error.code }),
    message,
    ...(stacks && { stack: stackOf(error) }),
  };
}

function stackOf({ stack, message, cause }: Error): string {
  const own = stack ?? message;
  return cause instanceof Error ? `${own}\ncaused by: ${stackOf(cause)}` : own;
}
