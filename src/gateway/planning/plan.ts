import { GatewayError } from '../../errors.ts';
import { matchesModel } from '../../lib/model-glob.ts';
import { credentialsFor, ownCredentials } from '../../providers/credentials.ts';
import { servesHere } from '../../providers/variables.ts';
import type { Endpoint, Model } from '../../registry/types.ts';
import { refusedParameters } from '../../routing/abilities.ts';
import { type Decision, decide } from '../../routing/decide.ts';
import { isHard } from '../../routing/exclude.ts';
import type { HealthView } from '../../routing/health/types.ts';
import { nothingFits } from '../../routing/nearest.ts';
import { isOpen, isWarm } from '../../routing/order.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Situation } from '../../routing/situation.ts';
import type { Constraint, Excluded, Preferences, Ranked } from '../../routing/types.ts';
import { wires } from '../../wires/index.ts';
import { inClientsWords } from '../formats/client-words.ts';
import { isSayable } from '../formats/native.ts';
import { barred, barrierAt } from '../hosted.ts';
import { askedOf, chainOf, isAuto, modelOf, splitOf } from '../requests/asked.ts';
import { kindName } from '../requests/kinds.ts';
import type { Caller, Candidate, Plan } from '../types.ts';
import { policyOf } from './policy.ts';
import { type Question, situationOf } from './situation.ts';
import { targetOf } from './target.ts';

/**
 * Who may serve this request, in the order in which they are tried, each once for every credential.
 * @throws GatewayError `model_not_found`, `model_not_enabled`, `model_not_available`, `model_not_supported`,
 *   `policy_not_found`, `no_endpoint_satisfies_policy`, and `unsupported_parameter` where parameters are required
 *   that nobody takes.
 */
export function plan(question: Question): Plan {
  const policy = policyOf(question);
  const model = plainlyNamed(question, policy);
  if (model) return planPlain(model, policy, question);
  const situation = situationOf(question, policy);
  const decision = decide(situation, askedOf(question, situation.rows, situation.now));
  const ranked = decision.ranked.flatMap((one) => candidatesOf(one, question));
  const candidates = withinModelLimits(ranked, question.caller);
  if (candidates.length === 0) throw refusalOf(decision, situation, question);
  return { candidates, policy, reason: decision.reason };
}

/**
 * Those whose limits by model the request is counted for: it is admitted for the first model, and must not come to
 * another that the key has limits of its own for.
 */
function withinModelLimits(candidates: readonly Candidate[], { allowance }: Caller): readonly Candidate[] {
  const limits = allowance?.modelLimits ?? [];
  const [first] = candidates;
  if (limits.length === 0 || !first) return candidates;
  const counted = limits.map(({ models }) => matchesModel(models, first.model.id));
  return candidates.filter(({ model }) =>
    limits.every(({ models }, place) => counted[place] || !matchesModel(models, model.id)),
  );
}

/** The model of a request that names one and asks for nothing more: such a request costs no decision. */
function plainlyNamed(question: Question, policy: Policy): Model | null {
  const { control, registry } = question;
  if (control.fallbackModels.length > 0 || isAuto(control.model)) return null;
  if (isHard(policy) || policy.slo_ms !== undefined || policy.objective !== undefined) return null;
  if (!isSilent(control.preferences) || splitOf(control.model, question)) return null;
  const { model, sort } = modelOf(control.model, 'model', question);
  if (sort !== null || (control.preferences.allowFallbacks && chainOf(model.id, question).length > 0))
    return null;
  return registry.endpoints(model.id).some(({ weight }) => weight !== undefined) ? null : model;
}

/** Whether it says nothing of which endpoints are preferred. */
function isSilent(preferences: Preferences): boolean {
  return (
    preferences.order.length === 0 &&
    preferences.only.length === 0 &&
    preferences.ignore.length === 0 &&
    preferences.sort === null &&
    preferences.maxPrice === null &&
    preferences.quantizations.length === 0 &&
    preferences.preferredMaxLatencyMs === null &&
    preferences.preferredMinThroughput === null
  );
}

/** The endpoints of one model in the registry's order; those that must be woken come behind, open circuits last. */
function planPlain(model: Model, policy: Policy, question: Question): Plan {
  const { control, health, registry } = question;
  const endpoints = registry.endpoints(model.id);
  const found = endpoints.flatMap((endpoint) =>
    candidatesOf({ model, endpoint, on: null, maxOutputTokens: null }, question),
  );
  const [first] = found;
  if (!first)
    throw (
      barredFrom(
        endpoints.map((endpoint) => ({ model, endpoint })),
        question,
      ) ??
      question.request.untranslatable ??
      unspoken(model, question) ??
      notAvailable(model.id, question)
    );
  let candidates = found;
  let reason: Plan['reason'] = null;
  const behind = endpoints.length > 1 ? thoseBehind(endpoints, health) : null;
  if (behind) {
    const place = ({ endpoint }: Candidate): number => behind.get(endpoint.id) ?? 0;
    candidates = found.toSorted((a, b) => place(a) - place(b));
    if (candidates[0] !== first && place(first) === OPEN) reason = 'circuit_open';
  }
  const served = candidates[0]?.endpoint.id;
  return {
    candidates: control.preferences.allowFallbacks
      ? candidates
      : candidates.filter(({ endpoint }) => endpoint.id === served),
    policy,
    reason,
  };
}

const COLD = 1;
const OPEN = 2;

/** The endpoints that do not come in their turn, by id; null where all do. */
function thoseBehind(endpoints: readonly Endpoint[], health: HealthView): Map<string, number> | null {
  const now = Date.now();
  let behind: Map<string, number> | null = null;
  for (const { id, scalesToZero } of endpoints) {
    const state = health.endpoint(id);
    const place = isOpen(state, now) ? OPEN : scalesToZero === true && !isWarm(state) ? COLD : 0;
    if (place > 0) behind = (behind ?? new Map<string, number>()).set(id, place);
  }
  return behind;
}

/** An endpoint once for each credential with which it may be called. */
function candidatesOf(
  { model, endpoint, on, maxOutputTokens }: Pick<Ranked, 'model' | 'endpoint' | 'on' | 'maxOutputTokens'>,
  { caller, registry, env, request }: Question,
): Candidate[] {
  const provider = registry.provider(endpoint.provider);
  const wire = provider && wires[provider.wire];
  if (!provider || !wire?.[request.kind] || !servesHere(endpoint, provider, env)) return [];
  const target = targetOf(model, endpoint, provider.quirks);
  if (!isSayable({ wire, target }, request)) return [];
  const barrier = barrierAt(request, { wire, target, endpoint });
  const credentials = barrier
    ? ownCredentials(provider, registry, env, caller.credentials)
    : credentialsFor(provider, registry, env, caller.credentials);
  return credentials.map((credential) => ({
    model,
    endpoint,
    provider,
    credential,
    wire,
    target,
    on,
    maxOutputTokens,
  }));
}

/** Why endpoints may not be called with the credentials that there are; null where that is not why. */
function barredFrom(
  served: readonly Pick<Excluded, 'model' | 'endpoint'>[],
  { caller, env, registry, request }: Question,
): GatewayError | null {
  for (const { model, endpoint } of served) {
    const provider = endpoint && registry.provider(endpoint.provider);
    if (!provider || credentialsFor(provider, registry, env, caller.credentials).length === 0) continue;
    const target = targetOf(model, endpoint, provider.quirks);
    const wire = wires[provider.wire];
    if (!isSayable({ wire, target }, request)) continue;
    const barrier = barrierAt(request, { wire, target, endpoint });
    if (barrier) return barred(barrier);
  }
  return null;
}

/** Why nobody may serve: nobody is configured, nobody takes a parameter, or nobody satisfies the policy. */
function refusalOf({ excluded }: Decision, situation: Situation, question: Question): GatewayError {
  const { untranslatable } = question.request;
  const configured = excluded.filter(({ constraint }) => constraint !== 'not_configured');
  if (untranslatable && configured.every(failsFormat)) return untranslatable;
  const [unsaid] = configured;
  if (unsaid && configured.every(failsFormat)) return completesAlone(unsaid.model);
  const bars = configured.filter(({ constraint }) => isBarrier(constraint));
  if (bars.length > 0 && configured.every((one) => isBarrier(one.constraint) || failsFormat(one))) {
    const refused = barredFrom(bars, question);
    if (refused) return refused;
  }
  if (configured.every(({ constraint }) => constraint === 'provider')) {
    return notAvailable(excluded[0]?.model.id ?? question.control.model, question);
  }
  const [first] = configured;
  const endpoint = first?.endpoint;
  if (endpoint && configured.every(({ constraint }) => constraint === 'require_parameters')) {
    const row = situation.rows.ofModel(endpoint.model).find((one) => one.endpoint === endpoint);
    const names = row ? refusedParameters(row, situation.request) : [];
    return new GatewayError('unsupported_parameter', {
      ...(names[0] === undefined ? {} : { param: names[0] }),
      message: `${endpoint.id} does not support ${names.join(', ')}.`,
    });
  }
  return inClientsWords(nothingFits(excluded), question.request);
}

function isBarrier(constraint: Constraint): boolean {
  return constraint === 'tool_price' || constraint === 'account_objects';
}

function failsFormat({ constraint, also }: Excluded): boolean {
  return constraint === 'format' || also.includes('format');
}

/** A configured provider has the model, but this kind of request cannot be said to it. */
function unspoken(model: Model, { caller, env, registry, request }: Question): GatewayError | null {
  const found = registry.endpoints(model.id).find((endpoint) => {
    const provider = registry.provider(endpoint.provider);
    if (!provider) return false;
    const wire = wires[provider.wire];
    const target = targetOf(model, endpoint, provider.quirks);
    return (
      (!wire[request.kind] || !isSayable({ wire, target }, request)) &&
      credentialsFor(provider, registry, env, caller.credentials).length > 0
    );
  });
  if (!found) return null;
  if (found.capabilities.api === 'completions') return completesAlone(model);
  return new GatewayError('model_not_supported', {
    param: 'model',
    message: `${model.id} is ${kindName(model.kind)}, which cannot be asked for in the format of ${found.provider}.`,
  });
}

/** The refusal of messages to a model that answers none. */
function completesAlone(model: Model): GatewayError {
  return new GatewayError('model_not_supported', {
    param: 'model',
    message: `${model.id} completes texts and answers no messages. Call it with POST /v1/completions.`,
  });
}

/** @param name of the model that the caller means. */
function notAvailable(name: string, { control, request }: Question): GatewayError {
  const { only, ignore } = control.preferences;
  const served = isAuto(control.model) ? kindName(request.kind) : name;
  return new GatewayError('model_not_available', {
    param: 'model',
    message:
      only.length > 0 || ignore.length > 0
        ? `No configured provider that the request allows serves ${served}.`
        : `No provider that serves ${served} is configured. Add a provider key.`,
  });
}
