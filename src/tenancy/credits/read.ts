import { nanoToUsd } from '../../billing/money.ts';
import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import { stored } from '../storage.ts';

export interface CreditsView {
  object: 'credits';
  /** USD spendable now: what is reserved for requests under way is not in it. */
  credits: number;
  currency: 'usd';
}

/** @throws GatewayError `storage_unavailable`. */
export async function readCredits(env: Env, workspaceId: string): Promise<CreditsView> {
  const balance = await stored(workspaceClient(env, workspaceId).spendable());
  return { object: 'credits', credits: nanoToUsd(balance), currency: 'usd' };
}
