import { GatewayError } from '../../errors.ts';
import type { Call } from '../types.ts';

/**
 * What a call came to, once who keeps its answer has agreed to what it costs. Else the gateway itself has lost the
 * answer, and nobody pays for it.
 * @param outcome null: the answer is whole.
 * @param cut a limit of the caller's own ended the answer, which is billed as far as it went.
 */
export async function outcomeOf<Outcome extends GatewayError | null>(
  { keeper }: Pick<Call, 'keeper'>,
  outcome: Outcome,
  cut = false,
): Promise<Outcome | GatewayError> {
  if (!keeper) return outcome;
  const left = outcome?.code === 'client_closed_request';
  if (outcome && !left && !cut) return outcome;
  const agreed = await keeper.mayBill(left ? 'left' : 'told').catch(() => false);
  return agreed
    ? outcome
    : new GatewayError('internal_error', { message: 'The answer was lost.', cause: outcome });
}

/** Does it when who keeps the answer has agreed to what it costs; at once where nobody keeps it. @throws GatewayError as `outcomeOf`. */
export function whenAgreed<T>(call: Pick<Call, 'keeper'>, settle: () => T): T | Promise<T> {
  if (!call.keeper) return settle();
  return outcomeOf(call, null).then((lost) => {
    if (lost) throw lost;
    return settle();
  });
}
