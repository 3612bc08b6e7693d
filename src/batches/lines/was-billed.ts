import * as ledger from '../../billing/ledger/give-back.ts';
import type { Env } from '../../env.ts';
import type { BatchOrder } from '../../objects/batch/types.ts';
import { generationIdOf } from '../generation-id.ts';

/** Attempts at a line: its first ones, so many. */
export interface Attempts {
  line: number;
  attempts: number;
}

/**
 * Whether one of a line's first attempts was billed though its answer was lost. None of them is from now on.
 * @param attempts how many.
 */
export async function wasBilled(
  env: Env,
  order: BatchOrder,
  line: number,
  attempts: number,
): Promise<boolean> {
  return (await ledger.closeGenerations(env, order, idsOf(order, [{ line, attempts }]))).length > 0;
}

/** Gives back what was billed for attempts at lines that have come to no answer. May be repeated. */
export async function giveBack(env: Env, order: BatchOrder, lines: readonly Attempts[]): Promise<void> {
  await ledger.giveBack(env, order, idsOf(order, lines));
}

function idsOf(order: BatchOrder, lines: readonly Attempts[]): string[] {
  return lines.flatMap(({ line, attempts }) =>
    Array.from({ length: attempts }, (_, index) => generationIdOf(order, line, index + 1)),
  );
}
