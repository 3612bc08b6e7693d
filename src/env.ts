import * as z from 'zod/mini';
import type { BackgroundObject } from './objects/background/object.ts';
import type { BatchObject } from './objects/batch/object.ts';
import type { BatchOrder, SlotMessage } from './objects/batch/types.ts';
import type { HealthObject } from './objects/health/object.ts';
import type { IdempotencyObject } from './objects/idempotency/object.ts';
import type { TracesObject } from './objects/traces/object.ts';
import type { WorkspaceObject } from './objects/workspace/object.ts';
import { Variables } from './variables.ts';

/** Bindings of wrangler.toml. */
export interface Bindings {
  DB: D1Database;
  SNAPSHOTS: KVNamespace;
  WORKSPACE: DurableObjectNamespace<WorkspaceObject>;
  TRACES: DurableObjectNamespace<TracesObject>;
  HEALTH: DurableObjectNamespace<HealthObject>;
  BACKGROUND: DurableObjectNamespace<BackgroundObject>;
  IDEMPOTENCY: DurableObjectNamespace<IdempotencyObject>;
  FILES: R2Bucket;
  BATCH: DurableObjectNamespace<BatchObject>;
  BATCHES: Workflow<BatchOrder>;
  BATCH_SLOTS: Queue<SlotMessage>;
}

/** The Worker's environment: bindings, variables, and provider keys under the names the catalogue gives them. */
export type Env = Bindings & { readonly [variable: string]: unknown };

/** How long upstreams may take, milliseconds. */
export interface TimeLimits {
  /** From the request to the first event of a stream. */
  firstTokenMs: number;
  /** Between two reads of a stream. */
  idleMs: number;
  /** For an answer that is not streamed. */
  answerMs: number;
}

/** Access to the payment provider. */
export interface PaymentConfig {
  secretKey: string;
  webhookSecret: string;
  /** Null is the provider's own host. */
  apiUrl: string | null;
}

export interface Config {
  adminKey: string | null;
  encryptionKey: string | null;
  /** All that open sealed secrets, the current one first. */
  encryptionKeys: readonly string[];
  local: boolean;
  /** Admissions that wait together travel in one call. */
  coalesceAdmissions: boolean;
  authSecret: string | null;
  /** Without a slash at the end. */
  publicUrl: string | null;
  signUp: 'open' | 'invited';
  trialCreditsUsd: number;
  mailWebhookUrl: string | null;
  limits: TimeLimits;
  /** A request with an idempotency key goes on so long without a client, milliseconds. */
  idempotencyGraceMs: number;
  /** So many lines of a batch are under way at once. */
  batchLinesInFlight: number;
  /** Who runs lines of a batch and is silent for longer counts as gone, milliseconds. */
  batchLeaseMs: number;
  /** Whether responses are kept for their clients. */
  keepsResponses: boolean;
  /** Whether the clock syncs the registry. */
  registrySync: boolean;
  /** USD a day. */
  probeBudgetUsd: number;
  /** USD a day. */
  healthProbeBudgetUsd: number;
  /** How much the files of a workspace may be together, bytes. */
  fileQuotaBytes: number;
  /** Null is the source's own address. */
  registryBaseUrl: string | null;
  /** Null where credits cannot be bought: it takes the key and the webhook's secret. */
  payments: PaymentConfig | null;
}

const parsed = new WeakMap<object, Config>();

/** The deployment's variables, checked once per isolate. @throws Error naming what is wrong with them. */
export function configOf(env: Env): Config {
  const known = parsed.get(env);
  if (known) return known;
  const result = Variables.safeParse(env);
  if (!result.success)
    throw new Error(`The Worker's variables are not usable: ${z.prettifyError(result.error)}`);
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = result.data;
  const config: Config = {
    adminKey: result.data.ADMIN_KEY ?? null,
    encryptionKey: result.data.ENCRYPTION_KEY ?? null,
    encryptionKeys: [
      result.data.ENCRYPTION_KEY,
      ...(result.data.ENCRYPTION_KEYS_OLD ?? '').split(','),
    ].flatMap((key) => key?.trim() || []),
    local: result.data.LOCAL === 'true',
    coalesceAdmissions: result.data.COALESCE_ADMISSIONS !== 'false',
    authSecret: result.data.AUTH_SECRET ?? null,
    publicUrl: result.data.PUBLIC_URL?.replace(/\/$/, '') ?? null,
    signUp: result.data.SIGN_UP ?? 'open',
    trialCreditsUsd: Number(result.data.TRIAL_CREDITS_USD ?? 20),
    mailWebhookUrl: result.data.MAIL_WEBHOOK_URL ?? null,
    limits: {
      firstTokenMs: Number(result.data.FIRST_TOKEN_TIMEOUT_MS ?? 120_000),
      idleMs: Number(result.data.IDLE_TIMEOUT_MS ?? 60_000),
      // The OpenAI SDKs give up after ten minutes too.
      answerMs: Number(result.data.ANSWER_TIMEOUT_MS ?? 600_000),
    },
    batchLinesInFlight: Number(result.data.BATCH_LINES_IN_FLIGHT ?? 16),
    batchLeaseMs: Number(result.data.BATCH_LEASE_MS ?? 30_000),
    idempotencyGraceMs: Number(result.data.IDEMPOTENCY_GRACE_MS ?? 60_000),
    keepsResponses: result.data.RESPONSE_STORAGE !== 'off',
    registrySync: result.data.REGISTRY_SYNC !== 'off',
    probeBudgetUsd: Number(result.data.PROBE_BUDGET_USD ?? 0),
    healthProbeBudgetUsd: Number(result.data.HEALTH_PROBE_BUDGET_USD ?? 0),
    fileQuotaBytes: Number(result.data.FILE_QUOTA_BYTES ?? 100_000_000_000),
    registryBaseUrl: result.data.LOCAL === 'true' ? (result.data.REGISTRY_BASE_URL ?? null) : null,
    payments:
      secretKey && webhookSecret
        ? {
            secretKey,
            webhookSecret,
            apiUrl: result.data.LOCAL === 'true' ? (result.data.STRIPE_API_URL ?? null) : null,
          }
        : null,
  };
  parsed.set(env, config);
  return config;
}
