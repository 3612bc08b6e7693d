import type { AutoTopUp } from '../../db/schema/tenancy.ts';
import { toSeconds } from '../../tenancy/page.ts';
import { nanoToUsd } from '../money.ts';

/** Automatic top-ups of a workspace. */
export interface AutoTopUpView {
  below_usd: number;
  amount_usd: number;
  /** Why they stopped, Unix seconds; null while they work. */
  failure: { reason: string; at: number } | null;
}

export function autoTopUpView(setting: AutoTopUp | null): AutoTopUpView | null {
  if (setting === null) return null;
  const { below, amount, failure } = setting;
  return {
    below_usd: nanoToUsd(below),
    amount_usd: nanoToUsd(amount),
    failure: failure && { reason: failure.reason, at: toSeconds(failure.at) },
  };
}
