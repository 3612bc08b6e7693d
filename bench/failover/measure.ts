import { EVENT_MARK } from '../answers.ts';
import { microseconds } from '../clock.ts';
import { callApi, migrate, variables } from '../provision.ts';
import { type Row, rowAlone } from '../report.ts';
import { percentile } from '../statistics.ts';
import { startGateway } from '../workers.ts';
import { EVENTS_BEFORE, FAILURES, type Failure, startUpstream, type Upstream } from './upstream.ts';

/** Each failure meets an endpoint that nobody knows anything of: of one that failed before, the circuit is open. */
const FAILURES_EACH = 100;
const HEDGE_REQUESTS = 300;
const BEHIND_A_FAILURE = 100;

/** How each failure is called in the report. */
const CALLED: Record<Failure, string> = {
  refuses: '503',
  resets: 'reset before the headers',
  breaks: `reset behind ${EVENTS_BEFORE} events`,
};

interface Bench {
  upstream: Upstream;
  origin: string;
  key: string;
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** What failures cost, with two providers on loopback whose first tokens come at once. @throws Error for a wrong answer. */
export async function measureFailover(root: string, scale: number): Promise<Row[]> {
  const upstream = await startUpstream();
  const vars = variables();
  const gateway = await startGateway(root, vars);
  try {
    await migrate(root, gateway);
    const { origin } = gateway;
    const api = <T>(method: string, path: string, body?: unknown): Promise<T> =>
      callApi<T>(origin, vars.ADMIN_KEY, method, path, body);
    for (const lane of [...FAILURES, 'good']) {
      await api('PUT', `/api/providers/${lane}`, {
        base_url: `${upstream.origin}/${lane}`,
        wire: 'openai',
        secret: 'sk-bench',
      });
    }
    const workspace = await api<{ id: string }>('POST', '/api/workspaces', {
      name: 'Bench',
      credits: 10_000,
    });
    const made = { name: 'bench', workspace: workspace.id, role: 'developer' };
    const { key } = await api<{ key: string }>('POST', '/api/keys', made);
    const bench = { upstream, origin, key, api };
    const rows: Row[] = [];
    for (const failure of FAILURES) rows.push(...(await failures(bench, failure, FAILURES_EACH * scale)));
    rows.push(await hedges(bench, HEDGE_REQUESTS * scale), await circuits(bench, BEHIND_A_FAILURE * scale));
    return rows;
  } finally {
    await gateway.stop();
    upstream.stop();
  }
}

async function failures(bench: Bench, failure: Failure, count: number): Promise<Row[]> {
  const toNext: number[] = [];
  const toToken: number[] = [];
  for (let at = 0; at < count; at++) {
    const model = await addModel(bench, `${failure}-${at}`, [failure, 'good']);
    const { upstream } = bench;
    const tokens = await read(bench, model);
    const expected = failure === 'breaks' ? 2 * EVENTS_BEFORE : EVENTS_BEFORE;
    if (tokens.length !== expected)
      throw new Error(`${tokens.length} of ${expected} events behind ${failure}.`);
    toNext.push((upstream.askedAt - upstream.failedAt) / 1000);
    toToken.push(((tokens[expected - EVENTS_BEFORE] ?? Number.NaN) - upstream.failedAt) / 1000);
  }
  const what = CALLED[failure];
  return [
    rowAlone(
      'failover',
      `${what}: until the next provider is asked, p50`,
      'ms',
      [percentile(toNext, 0.5)],
      50,
    ),
    rowAlone(
      'failover',
      `${what}: until the next provider is asked, p99`,
      'ms',
      [percentile(toNext, 0.99)],
      50,
    ),
    rowAlone(
      'failover',
      `${what}: until the next token is here, p99`,
      'ms',
      [percentile(toToken, 0.99)],
      400,
    ),
  ];
}

/** What the readiness for a hedge costs where none is needed, in turn with requests that ask for none. */
async function hedges(bench: Bench, count: number): Promise<Row> {
  const model = await addModel(bench, 'hedged', ['good', 'refuses']);
  const before = bench.upstream.calls.get('refuses');
  const times: Record<'plain' | 'ready', number[]> = { plain: [], ready: [] };
  for (let at = 0; at < count; at++) {
    for (const kind of at % 2 === 0 ? (['plain', 'ready'] as const) : (['ready', 'plain'] as const)) {
      const sentAt = microseconds();
      const [first = Number.NaN] = await read(bench, model, kind === 'ready' ? { slo_ms: 20_000 } : {});
      times[kind].push(first - sentAt);
    }
  }
  if (bench.upstream.calls.get('refuses') !== before) throw new Error('A hedge fired that was not needed.');
  const added = percentile(times.ready, 0.5) - percentile(times.plain, 0.5);
  return rowAlone('failover', 'a hedge that does not fire: first token, added, p50', 'µs', [added], 100);
}

/** Requests behind a failure that ask the dead provider once more. */
async function circuits(bench: Bench, count: number): Promise<Row> {
  const model = await addModel(bench, 'behind', ['refuses', 'good']);
  const { calls } = bench.upstream;
  await read(bench, model);
  const before = calls.get('refuses') ?? 0;
  // The first pause of a circuit is 0.8 s at least.
  const until = microseconds() + 700_000;
  let asked = 0;
  for (; asked < count && microseconds() < until; asked++) await read(bench, model);
  const what = `a dead provider: asked again by ${asked} requests behind the first`;
  return rowAlone('failover', what, 'times', [(calls.get('refuses') ?? 0) - before], 0);
}

async function addModel({ api }: Bench, name: string, lanes: readonly string[]): Promise<string> {
  const id = `failover/${name}`;
  await api('PUT', `/api/models/${encodeURIComponent(id)}`, {
    name,
    kind: 'chat',
    context_length: 1_000_000,
    endpoints: lanes.map((provider) => ({
      provider,
      upstream_model: 'simulated',
      price: { input: 0.15, output: 0.6 },
    })),
  });
  return id;
}

/** When each event arrived, microseconds. @throws Error unless the stream ends as whole. */
async function read({ origin, key }: Bench, model: string, policy: object = {}): Promise<number[]> {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, policy, messages: [{ role: 'user', content: 'Count.' }] }),
  });
  const arrivals: number[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const now = microseconds();
    text += decoder.decode(bytes, { stream: true });
    const events = text.split(EVENT_MARK).length - 1;
    while (arrivals.length < events) arrivals.push(now);
  }
  if (!text.includes('"credits_used":') || !text.endsWith('data: [DONE]\n\n')) {
    throw new Error(`Not a whole stream: ${text.slice(-500)}`);
  }
  return arrivals;
}
