/**
 * `npm run deploy`: provisions what wrangler.toml binds, deploys, migrates, and makes the two secrets
 * that a deployment needs when they are not set. Needs `npx wrangler login` or CLOUDFLARE_API_TOKEN.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

interface Ran {
  ok: boolean;
  output: string;
}

/** Runs wrangler; with `input` its output is captured, else shown. */
function wrangler(args: string[], input?: string): Ran {
  const { status, stdout } = spawnSync('npx', ['wrangler', ...args], {
    stdio: input === undefined ? 'inherit' : ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
    ...(input === undefined ? {} : { input }),
  });
  return { ok: status === 0, output: stdout ?? '' };
}

function must(ran: Ran, what: string): Ran {
  if (!ran.ok) {
    console.error(`${what} failed; see above. Nothing after it was done.`);
    process.exit(1);
  }
  return ran;
}

// Databases, namespaces and buckets are provisioned by the deployment; queues are not.
const QUEUE = 'interline-batch-slots';
if (!wrangler(['queues', 'info', QUEUE], '').ok) {
  must(wrangler(['queues', 'create', QUEUE]), `Making the queue ${QUEUE}`);
}
must(wrangler(['deploy']), 'Deploying');
must(wrangler(['d1', 'migrations', 'apply', 'interline', '--remote']), 'Migrating the database');

const listed = must(wrangler(['secret', 'list', '--format', 'json'], ''), 'Listing secrets').output;
const present = new Set((JSON.parse(listed) as { name: string }[]).map(({ name }) => name));
if (!present.has('ENCRYPTION_KEY')) {
  must(
    wrangler(['secret', 'put', 'ENCRYPTION_KEY'], randomBytes(32).toString('base64')),
    'Setting ENCRYPTION_KEY',
  );
}
if (!present.has('ADMIN_KEY')) {
  const adminKey = process.env.ADMIN_KEY ?? `op_${randomBytes(24).toString('base64url')}`;
  must(wrangler(['secret', 'put', 'ADMIN_KEY'], adminKey), 'Setting ADMIN_KEY');
  console.log(`\n  The operator key, shown this once: ${adminKey}\n`);
}
console.log(
  '  Deployed. Set provider keys with `npx wrangler secret put OPENAI_API_KEY`, or through the management API.',
);
