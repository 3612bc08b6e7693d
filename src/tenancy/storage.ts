import { GatewayError } from '../errors.ts';

/** Waits for storage; whatever it fails with becomes `storage_unavailable`, the reason kept inside. */
export async function stored<T>(operation: PromiseLike<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}
