import { and, eq, isNull } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { users } from '../../db/schema/people.ts';
import { configOf, type Env } from '../../env.ts';
import { stored } from '../storage.ts';

/**
 * The trial credits of a person, USD: TRIAL_CREDITS_USD the first time, then 0. They are claimed before they
 * are granted: whatever breaks in between, nobody gets them twice.
 */
export async function claimTrial(env: Env, userId: string): Promise<number> {
  const { trialCreditsUsd } = configOf(env);
  if (trialCreditsUsd === 0) return 0;
  const claimed = await stored(
    database(env.DB)
      .update(users)
      .set({ trialAt: Date.now() })
      .where(and(eq(users.id, userId), isNull(users.trialAt)))
      .returning({ id: users.id })
      .all(),
  );
  return claimed.length > 0 ? trialCreditsUsd : 0;
}
