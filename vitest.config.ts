import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** Tests inside workerd, with real D1, KV and Durable Objects. */
const worker = () =>
  cloudflareTest(async () => ({
    wrangler: { configPath: './wrangler.toml' },
    miniflare: {
      bindings: {
        TEST_MIGRATIONS: await readD1Migrations('./drizzle'),
        ADMIN_KEY: 'operator-key-of-the-tests',
        ENCRYPTION_KEY: 'dGVzdHMtb25seS10aGlydHktdHdvLWJ5dGVzLWtleSE=',
        ENCRYPTION_KEYS_OLD: 'YW4gb2xkZXIga2V5IG9mIHRoaXJ0eS10d28gYnl0ZXM=',
        LOCAL: 'true',
        COALESCE_ADMISSIONS: 'false',
      },
    },
  }));

/** What keeps no state needs no isolate of its own for each file. */
const PURE = [
  'test/wires/**/*.test.ts',
  'test/lib/**/*.test.ts',
  'test/providers/**/*.test.ts',
  'test/routing/**/*.test.ts',
  'test/gateway/midstream/**/*.test.ts',
  'test/gateway/learning/**/*.test.ts',
  'test/gateway/planning/{auto-splits-chains,model-limits,plan}.test.ts',
  'test/gateway/relay/{cutoff,tolerant-decoder}.test.ts',
  'test/gateway/requests/{change-request,refused-requests,request}.test.ts',
  'test/gateway/settling/estimate.test.ts',
  'test/registry/{catalogue-names,data-policy,latest,names}.test.ts',
  'test/billing/{cost,known-cost,money}.test.ts',
];

export default defineConfig({
  test: {
    // More than cores: the end-to-end tests often wait for what they simulate.
    maxWorkers: 3,
    projects: [
      {
        plugins: [worker()],
        test: {
          name: 'workerd',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', ...PURE],
          isolate: false,
          setupFiles: ['test/support/runtime.ts'],
          testTimeout: 20_000,
        },
      },
      {
        plugins: [worker()],
        test: { name: 'pure', include: PURE, isolate: false },
      },
      {
        // Real clients in Node against the built Worker, over HTTP.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          isolate: false,
          globalSetup: ['test/support/node/build.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // Those that run side by side wait for what providers do not do.
          maxConcurrency: 10,
        },
      },
    ],
  },
});
