import { isForbidden, isNotFound } from './api-errors.ts';

/** The result; undefined if it does not exist or may not be read. */
export async function readable<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return undefined;
    throw error;
  }
}
