import { GatewayError } from '../../errors.ts';
import type { Call } from '../types.ts';

/**
 * What a call failed with. Where its client was a keeper that has gone without giving it up, the answer was lost by
 * the gateway itself, and nobody pays for it.
 */
export async function failureOf(
  { keeper }: Pick<Call, 'keeper'>,
  error: GatewayError,
): Promise<GatewayError> {
  if (!keeper || error.code !== 'client_closed_request') return error;
  const gaveUp = await keeper.gaveUp().catch(() => false);
  return gaveUp
    ? error
    : new GatewayError('internal_error', { message: 'The answer was lost.', cause: error });
}
