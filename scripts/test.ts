/** `npm test`: runs vitest and closes with its own count, `N passed, N failed`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  numPendingTests: number;
  success: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'interline-test-'));
const file = join(folder, 'report.json');
const run = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', shell: process.platform === 'win32' },
);

let report: Report | null = null;
try {
  report = JSON.parse(readFileSync(file, 'utf8')) as Report;
} catch {
  console.error('The test runner wrote no report.');
}
rmSync(folder, { recursive: true, force: true });

const passed = report?.numPassedTests ?? 0;
// A file that cannot be loaded has no tests to count, and is a failure all the same.
const failed = Math.max(report?.numFailedTests ?? 1, report?.success === false ? 1 : 0);
const skipped = report?.numPendingTests ?? 0;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(run.status === 0 && failed === 0 && passed > 0 ? 0 : 1);
