import * as z from 'zod/mini';
import { StoredPolicy, StoredRouting } from './stored-routing.ts';
import { BUDGET_WINDOWS, KEY_ROLES } from './types.ts';

const Text = z.string().check(z.minLength(1));
const Count = z.optional(z.number());
const Limits = z.object({ requests_per_minute: Count, tokens_per_minute: Count, concurrent: Count });

const Allowance = z.object({
  limits: Limits,
  budgets: z.array(z.object({ window: z.enum(BUDGET_WINDOWS), amount: z.number() })),
  modelLimits: z.optional(z.array(z.object({ models: z.string(), limits: Limits }))),
  version: z.number(),
});

const Credential = z.object({
  id: Text,
  provider: Text,
  sealed: Text,
  lastFour: z.string(),
  workspace: z.optional(z.string()),
  priority: Count,
  weight: Count,
  exclusive: z.optional(z.boolean()),
});

const Globs = z.nullable(z.array(z.string()));

/**
 * What is known of one secret, by its hash. It is what KV holds under `key:<hash>` and what isolates
 * remember. `revoked` is final: a secret that was revoked or rotated away never works again. A key that
 * rests may work again: its creator was removed, or it is past its end.
 */
const KeyState = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('active'),
    /** The hash this belongs to, so that a value under a wrong key admits nobody. */
    hash: Text,
    /** Unix milliseconds at which this secret ends: the key's own end, or that of a rotated secret's grace. */
    expiresAt: z.nullable(z.number()),
    grant: z.object({
      keyId: Text,
      workspaceId: Text,
      projectId: Text,
      userId: z.nullable(z.string()),
      role: z.enum(KEY_ROLES),
      models: Globs,
      workspaceModels: Globs,
      workspaceAliases: z.nullable(z.record(z.string(), z.string())),
      allowedIps: Globs,
      allowance: z.nullable(Allowance),
      workspaceAllowance: z.nullable(Allowance),
      projectAllowance: z.nullable(Allowance),
      memberAllowance: z.nullable(Allowance),
      pricing: z.object({
        margin_percent: z.number(),
        models: z.array(z.object({ model: z.string(), margin_percent: z.number() })),
        cached_percent: z.number(),
        byok_percent: z.optional(z.number()),
      }),
      policy: z.optional(StoredPolicy),
      routing: z.optional(StoredRouting),
      credentials: z.optional(z.array(Credential)),
    }),
  }),
  z.object({ state: z.literal('resting'), hash: Text }),
  z.object({ state: z.literal('revoked'), hash: Text }),
]);
export type KeyState = z.infer<typeof KeyState>;

/** The state in a value of KV; null for anything that is not one. */
export function readKeyState(text: string | null): KeyState | null {
  if (text === null) return null;
  try {
    return KeyState.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
