import * as z from 'zod/mini';

/** What the Worker's environment may say beside bindings and provider keys. */
export const Variables = z.object({
  /** The operator's key. Without one the management API refuses everyone but keys of a workspace. */
  ADMIN_KEY: z.optional(z.string().check(z.minLength(16))),
  /** 32 bytes, base64: seals provider secrets in D1. */
  ENCRYPTION_KEY: z.optional(z.string().check(z.minLength(43))),
  /** Former values of ENCRYPTION_KEY, comma separated: they open what was sealed, and seal nothing. */
  ENCRYPTION_KEYS_OLD: z.optional(z.string()),
  /** `true` only where `npm start` runs: turns on the demo provider and loopback upstreams. */
  LOCAL: z.optional(z.enum(['true', 'false'])),
  /** Signs sessions; without it the secret is derived from ENCRYPTION_KEY. */
  AUTH_SECRET: z.optional(z.string().check(z.minLength(32))),
  /** The address people use, where the Worker sees another one: behind a proxy that ends TLS. */
  PUBLIC_URL: z.optional(z.string().check(z.regex(/^https?:\/\/[^/\s]+\/?$/))),
  /** Who may sign up: anyone, or only who holds an invitation. */
  SIGN_UP: z.optional(z.enum(['open', 'invited'])),
  /** USD granted to the first workspace of whoever signs up. */
  TRIAL_CREDITS_USD: z.optional(z.string().check(z.regex(/^\d{1,6}(\.\d{1,9})?$/))),
  /** Takes mail as JSON; without it nothing is mailed. */
  MAIL_WEBHOOK_URL: z.optional(z.string().check(z.regex(/^https?:\/\/\S+$/))),
  /** `false` where promises do not cross requests: the runner of the tests in workerd forbids it. */
  COALESCE_ADMISSIONS: z.optional(z.enum(['true', 'false'])),
  FIRST_TOKEN_TIMEOUT_MS: z.optional(z.string().check(z.regex(/^[1-9]\d{0,6}$/))),
  IDLE_TIMEOUT_MS: z.optional(z.string().check(z.regex(/^[1-9]\d{0,6}$/))),
  ANSWER_TIMEOUT_MS: z.optional(z.string().check(z.regex(/^[1-9]\d{0,6}$/))),
  /** How long a request with an idempotency key goes on without a client. */
  IDEMPOTENCY_GRACE_MS: z.optional(z.string().check(z.regex(/^[1-9]\d{0,6}$/))),
  /** How many lines of a batch are under way at once; 16 when absent. */
  BATCH_LINES_IN_FLIGHT: z.optional(z.string().check(z.regex(/^([1-9]\d?|1\d\d|2[0-4]\d|25[0-6])$/))),
  /** Lines whose worker was silent for longer are run by another one. */
  BATCH_LEASE_MS: z.optional(z.string().check(z.regex(/^[1-9]\d{2,6}$/))),
  /** `off`: responses are not kept, whatever their requests say. */
  RESPONSE_STORAGE: z.optional(z.enum(['on', 'off'])),
  /** Stripe's secret key. Without one credits cannot be bought, only granted. */
  STRIPE_SECRET_KEY: z.optional(z.string().check(z.minLength(8))),
  /** The signing secret of the webhook at /api/payments/stripe. */
  STRIPE_WEBHOOK_SECRET: z.optional(z.string().check(z.minLength(8))),
  /** `off`: the registry is synced on demand alone. */
  REGISTRY_SYNC: z.optional(z.enum(['on', 'off'])),
  /** What probing by the clock may cost a day, USD. Absent: it does not probe. */
  PROBE_BUDGET_USD: z.optional(z.string().check(z.regex(/^\d{1,4}(\.\d{1,6})?$/))),
  /** What keeping rarely used endpoints known may cost a day, USD. Absent: they are not asked. */
  HEALTH_PROBE_BUDGET_USD: z.optional(z.string().check(z.regex(/^\d{1,4}(\.\d{1,6})?$/))),
  /** How much the files of a workspace may be together, bytes. */
  FILE_QUOTA_BYTES: z.optional(z.string().check(z.regex(/^\d{1,15}$/))),
  /** Another address than that of models.dev's data. Locally only. */
  REGISTRY_BASE_URL: z.optional(z.url()),
  /** Another host than Stripe's own. Locally only. */
  STRIPE_API_URL: z.optional(z.url()),
});
