/**
 * `npm start`: the gateway with everything embedded. Applies the migrations, starts the Worker in
 * workerd with its storage under .wrangler/, seeds a demo workspace once, and says how to call it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type LocalVariables, localVariables, openState, saveDemo, writeEnvFile } from './local-state.ts';
import { portIsFree, waitUntilHealthy } from './net.ts';
import { DEMO_EMAIL, demoCredits, seedDemo } from './seed.ts';

const HELP = `Usage: npm start -- [--port 8787]

Starts the gateway on this machine. Provider keys are taken from the environment or from .dev.vars
(OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, …), and so are all other variables of the Worker
(ADMIN_KEY, STRIPE_SECRET_KEY, …; see docs).`;

const HOUR_MS = 60 * 60 * 1000;

const WRANGLER_ENV = { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '8787' }, help: { type: 'boolean' } },
  });
  if (values.help) return void console.log(HELP);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    fail(`--port must be a number from 1 to 65535, not ${values.port}.`);
  if (!(await portIsFree(port)))
    fail(`Port ${port} is in use. Choose another: npm start -- --port ${port + 1}`);

  const state = openState();
  const { variables, providerKeys } = localVariables(state);
  const envFile = writeEnvFile(variables);

  step('Applying migrations');
  const migrated = wranglerSync(['d1', 'migrations', 'apply', 'interline', '--local']);
  if (migrated.status !== 0) fail(`The migrations failed:\n${migrated.stdout}${migrated.stderr}`);

  step('Starting the gateway');
  const worker = spawn(
    'npx',
    ['wrangler', 'dev', '--port', String(port), '--ip', '127.0.0.1', '--env-file', envFile].concat([
      '--inspector-port',
      '0',
      '--log-level',
      'warn',
      '--show-interactive-dev-session=false',
      // What the clock does is called from here.
      '--test-scheduled',
    ]),
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: WRANGLER_ENV,
      shell: process.platform === 'win32',
      // A group of its own, which is stopped as a whole: wrangler starts processes behind npx.
      detached: process.platform !== 'win32',
    },
  );
  stopTogether(worker);

  const url = `http://127.0.0.1:${port}`;
  await waitUntilHealthy(url);
  const gateway = { url, origin: variables.PUBLIC_URL?.replace(/\/$/, '') ?? url };
  const demoKey = await seedDemo(gateway, state.demoPassword, state.demoKey);
  const credits = await demoCredits(gateway, demoKey);
  if (demoKey !== state.demoKey) saveDemo(demoKey);
  console.log(banner(url, demoKey, state.demoPassword, credits, variables, providerKeys));
  await runClock(url);
  setInterval(() => runClock(url), HOUR_MS);
}

/** Runs the jobs of the clock, for which a deployment has `[triggers]`. What fails there is logged there. */
async function runClock(url: string): Promise<void> {
  await fetch(`${url}/cdn-cgi/local/scheduled`).then(
    (response) => response.body?.cancel(),
    () => console.error('The jobs of the clock could not be started.'),
  );
}

function wranglerSync(args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('npx', ['wrangler', ...args], {
    env: { ...WRANGLER_ENV, CI: 'true' },
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
}

function stopTogether(worker: ChildProcess): void {
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    try {
      if (process.platform === 'win32' || worker.pid === undefined) worker.kill('SIGTERM');
      else process.kill(-worker.pid, 'SIGTERM');
    } catch {
      // It has stopped already.
    }
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Also when the start fails half-way.
  process.on('exit', stop);
  worker.on('exit', (code) => process.exit(stopping ? 0 : (code ?? 1)));
}

function banner(
  url: string,
  key: string,
  password: string,
  credits: number,
  variables: LocalVariables,
  providerKeys: string[],
): string {
  return `
  Interline is up at ${url}

    API key       ${key}
    Sign in as    ${DEMO_EMAIL}, password ${password}
    Operator key  ${variables.ADMIN_KEY}
    Base URL      ${url}/v1
    Reference     ${url}/api/docs
    Provider keys ${providerKeys.length > 0 ? providerKeys.join(', ') : 'none yet: the demo models answer without (see README.md)'}
    Credits       ${money(url, credits, variables)}

  Try it:

    curl -N ${url}/v1/chat/completions \\
      -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
      -d '{"model":"demo-echo","stream":true,"messages":[{"role":"user","content":"Hello, Interline"}]}'

  Stop with Ctrl+C.
`;
}

/** What there is to spend, and how there comes to be more. */
function money(url: string, credits: number, variables: LocalVariables): string {
  const left = `${Number(credits.toFixed(2))} USD in the demo workspace (1 credit is 1 USD)`;
  const missing = ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'].filter((name) => !variables[name]);
  return missing.length === 0
    ? `${left}; people buy more with POST /api/workspaces/{id}/top-ups, paid by the webhook at ${url}/api/payments/stripe`
    : `${left}; the operator grants more with POST /api/workspaces/{id}/credits, none are sold without ${missing.join(' and ')}`;
}

function step(text: string): void {
  console.log(`  ${text} …`);
}

function fail(text: string): never {
  console.error(text);
  process.exit(1);
}

await main();
