import { execFileSync } from 'node:child_process';

/** Builds the Worker once for all end-to-end tests, as a deployment would. */
export default function setup(): void {
  execFileSync('npx', ['wrangler', 'deploy', '--dry-run', '--outdir', 'dist'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
