import { applyD1Migrations, type D1Migration, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { forgetRegistry } from '../../src/registry/load.ts';
import { health } from '../../src/routing/health/isolate-health.ts';
import { keyMemory } from '../../src/tenancy/key-memory.ts';

const { DB, TEST_MIGRATIONS } = env as unknown as { DB: D1Database; TEST_MIGRATIONS: D1Migration[] };

/** What is used here of the object through which Vitest imports modules, and which is this runtime's for good. */
interface ModuleRunner {
  evaluatedModules: { getModuleByUrl(url: string): { evaluated: boolean } | undefined };
  cachedModule(url: string, importer?: string): Promise<unknown>;
}

const { moduleRunner } = (globalThis as unknown as { __vitest_mocker__: { moduleRunner: ModuleRunner } })
  .__vitest_mocker__;

// What the Worker imports when it is first needed is there from the beginning, and no longer asked for. Vitest
// would ask by message at each `import()`, and let requests that come together wait for the answer to one of
// them; but a request that waits for another one's message is ended as hung.
import.meta.glob(['../../src/**/*.ts', '!../../src/**/*.d.ts'], { eager: true });
if (!Object.hasOwn(moduleRunner, 'cachedModule')) {
  const ask = moduleRunner.cachedModule.bind(moduleRunner);
  moduleRunner.cachedModule = async (url, importer) => {
    const module = moduleRunner.evaluatedModules.getModuleByUrl(url);
    return module?.evaluated ? module : ask(url, importer);
  };
}

// The clock and the functions that another file of this runtime replaced.
vi.useRealTimers();
vi.restoreAllMocks();
vi.unstubAllGlobals();

// A deployment that is new to each file, in a runtime that they share.
await reset();
forgetRegistry();
keyMemory.clear();
health.forget();
await applyD1Migrations(DB, TEST_MIGRATIONS);
