import { nanoToUsd, usdToNano } from '../../billing/money.ts';
import { configOf, type Env } from '../../env.ts';
import { type GatewayError, toGatewayError } from '../../errors.ts';
import type { Candidate } from '../../gateway/types.ts';
import { type HealthClient, healthClient } from '../../objects/health/client.ts';
import { CONTINENTS, type Observation, type Report } from '../../objects/health/types.ts';
import { coolDown, isCredentialFault, restsUntil, warmUp } from '../../providers/cool-down.ts';
import { isServable } from '../../providers/credentials.ts';
import { refreshRegistry } from '../../registry/load.ts';
import type { Registry } from '../../registry/snapshot.ts';
import type { Endpoint } from '../../registry/types.ts';
import { wires } from '../../wires/index.ts';
import { probedCandidate } from './candidate.ts';
import { observe } from './observe.ts';
import { mayAsk, mostOf, type Purse, spend } from './purse.ts';

/** What was seen is known for so long, milliseconds. */
const KNOWN_MS = 60 * 60_000;

/** A continent where nothing was seen for so long has no use for it. */
const IN_USE_MS = 24 * 60 * 60_000;

const RUNS_A_DAY = 24;
const MOST_PER_RUN = 40;
const AT_ONCE = 4;

const BODY = { messages: [{ role: 'user', content: 'Say hi.' }], max_completion_tokens: 16, stream: true };

/** A continent in use: what it knows of endpoints, by id. */
interface Continent {
  client: HealthClient;
  version: number;
  observedAt: ReadonlyMap<string, number>;
}

/**
 * Sends one tiny request to each endpoint of which a continent in use has seen nothing for an hour, those first
 * that were not seen for longest, and tells those continents what came of it. Spends no more than an hour's part
 * of HEALTH_PROBE_BUDGET_USD. Endpoints that scale to zero are left asleep. Answers how many were probed.
 */
export async function probeHealthByClock(env: Env, now: number): Promise<number> {
  const budget = configOf(env).healthProbeBudgetUsd;
  if (budget === 0) return 0;
  const [registry, continents] = await Promise.all([refreshRegistry(env), continentsInUse(env, now)]);
  const lastSeen = (id: string): number =>
    Math.min(...continents.map(({ observedAt }) => observedAt.get(id) ?? 0));
  const due = probable(registry, env)
    .filter(({ id }) => lastSeen(id) <= now - KNOWN_MS)
    .sort((a, b) => lastSeen(a.id) - lastSeen(b.id))
    .slice(0, MOST_PER_RUN)
    .map(({ id }) => id);
  const purse: Purse = { spent: 0, cap: usdToNano(budget / RUNS_A_DAY) };
  const reports: Report = { since: 0, observations: [], coolDowns: [], waking: [] };
  let asked = 0;
  const next = async (): Promise<void> => {
    for (let id = due.shift(); id !== undefined; id = due.shift()) {
      if (await probe(env, registry, id, purse, reports)) asked++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  await tell(continents, reports, now);
  if (asked > 0) console.log(JSON.stringify({ health_probes: asked, cost_usd: nanoToUsd(purse.spent) }));
  return asked;
}

/** Those in which something was seen within a day. */
async function continentsInUse(env: Env, now: number): Promise<Continent[]> {
  const all = await Promise.all(
    [...CONTINENTS, 'local' as const].map(async (name) => {
      const client = healthClient(env, name);
      const { version, endpoints } = await client.read();
      return { client, version, observedAt: new Map(endpoints.map((one) => [one.id, one.observedAt])) };
    }),
  );
  return all.filter(({ observedAt }) => [...observedAt.values()].some((at) => at > now - IN_USE_MS));
}

/** Endpoints that can be asked with the operator's credential, at a known price. */
function probable(registry: Registry, env: Env): Endpoint[] {
  return registry.models
    .filter((model) => model.kind === 'chat')
    .flatMap((model) => registry.endpoints(model.id))
    .filter((endpoint) => {
      const provider = registry.provider(endpoint.provider);
      if (!provider || !endpoint.price || endpoint.scalesToZero) return false;
      const { chat } = wires[provider.wire];
      const answers = chat !== undefined && (chat.answers?.(endpoint) ?? true);
      return answers && isServable(provider, registry, env);
    });
}

/** Asks one endpoint, and adds what it taught to the report. Answers whether it was asked. */
async function probe(
  env: Env,
  registry: Registry,
  id: string,
  purse: Purse,
  report: Report,
): Promise<boolean> {
  const { candidate, price } = probedCandidate(env, registry, id);
  const { credential } = candidate;
  if (restsUntil(credential.id) > Date.now() || !mayAsk(BODY, price, purse)) return false;
  const most = mostOf(BODY, price);
  // Set aside, so that those asked at the same time do not spend it too.
  purse.spent += most;
  const startedAt = Date.now();
  const about = { endpoint: id, model: candidate.model.id, startedAt };
  try {
    const { answer, isWhole, firstByteMs } = await observe(env, candidate, BODY);
    purse.spent -= most;
    spend(answer, BODY, price, purse);
    warmUp(credential.id);
    const ended = { ...about, at: Date.now() };
    const ttft = firstByteMs === null ? {} : { ttftMs: firstByteMs };
    report.observations.push({ ...ended, ...ttft, outcome: isWhole ? 'ok' : 'cut' });
  } catch (thrown) {
    learnFromFailure(toGatewayError(thrown), candidate, { ...about, at: Date.now() }, report);
  }
  return true;
}

function learnFromFailure(
  error: GatewayError,
  { credential }: Candidate,
  about: Omit<Observation, 'outcome'>,
  report: Report,
): void {
  if (isCredentialFault(error)) {
    if (credential.kind === 'none') return;
    coolDown(credential.id, error, about.at);
    report.coolDowns.push({ credential: credential.id, until: restsUntil(credential.id) });
  } else if (error.code === 'upstream_timeout') {
    report.observations.push({ ...about, outcome: 'timeout' });
  } else if (error.type === 'upstream_error' && error.retryable) {
    report.observations.push({ ...about, outcome: 'error' });
  }
}

/** Each continent is told of what it had not seen itself. */
async function tell(continents: Continent[], report: Report, now: number): Promise<void> {
  await Promise.all(
    continents.map(async ({ client, version, observedAt }) => {
      const observations = report.observations.filter(
        ({ endpoint }) => (observedAt.get(endpoint) ?? 0) <= now - KNOWN_MS,
      );
      if (observations.length + report.coolDowns.length === 0) return;
      await client.report({ ...report, since: version, observations });
    }),
  );
}
