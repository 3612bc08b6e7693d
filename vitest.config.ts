import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        // Everything that runs inside the Worker runs in workerd, with real D1, KV and Durable Objects.
        plugins: [
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
          })),
        ],
        test: {
          name: 'workerd',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          setupFiles: ['test/support/migrations.ts'],
        },
      },
      {
        // Real clients in Node against the built Worker, over HTTP.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/node/build.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
