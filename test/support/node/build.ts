import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { type Gateway, type SharedGatewayKind, startGateway } from './gateway.ts';

declare module 'vitest' {
  interface ProvidedContext {
    gateways: Record<SharedGatewayKind, readonly Gateway[]>;
  }
}

/** Not `dist`, which a benchmark or a deployment may be writing at the same time. */
export const OUTPUT = '.wrangler/e2e';

/** Builds the Worker once for all end-to-end tests, as a deployment would, and runs it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync('npx', ['wrangler', 'deploy', '--dry-run', '--outdir', OUTPUT, '--minify'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  // One has one thread, and most tests ask the patient one.
  const [patient, other, hasty, withoutTables] = await Promise.all([
    startGateway(OUTPUT, 'patient'),
    startGateway(OUTPUT, 'patient-too'),
    startGateway(OUTPUT, 'hasty', {
      FIRST_TOKEN_TIMEOUT_MS: '2000',
      IDLE_TIMEOUT_MS: '1000',
      ANSWER_TIMEOUT_MS: '2000',
    }),
    startGateway(OUTPUT, 'without-tables'),
  ]);
  project.provide('gateways', {
    patient: [patient.gateway, other.gateway],
    hasty: [hasty.gateway],
    'without-tables': [withoutTables.gateway],
  });
  return async () => {
    await Promise.all([patient.stop(), other.stop(), hasty.stop(), withoutTables.stop()]);
  };
}
