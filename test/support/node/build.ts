import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the built Worker is. */
    builtWorker: string;
  }
}

/** Not `dist`, which a benchmark or a deployment may be writing at the same time. */
const OUTPUT = '.wrangler/e2e';

/** Builds the Worker once for all end-to-end tests, as a deployment would. */
export default function setup(project: TestProject): void {
  execFileSync('npx', ['wrangler', 'deploy', '--dry-run', '--outdir', OUTPUT, '--minify'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  project.provide('builtWorker', OUTPUT);
}
