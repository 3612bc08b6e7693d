import type { PaidBy } from '../../billing/charge.ts';
import { isServable } from '../../providers/credentials.ts';
import type { Provider } from '../../providers/types.ts';
import type { Registry } from '../../registry/snapshot.ts';
import type { HealthView } from '../../routing/health/types.ts';
import { needsOf } from '../../routing/needs.ts';
import { expectedOutput, outputScope } from '../../routing/output-history.ts';
import type { Policy } from '../../routing/policy/types.ts';
import { type Row, rowsOf } from '../../routing/rows.ts';
import type { CallerFacts, Situation } from '../../routing/situation.ts';
import { wires } from '../../wires/index.ts';
import type { WireRequest } from '../../wires/types.ts';
import { nativeWay } from '../formats/native.ts';
import { askedCalls, asksHosts, barrierAt } from '../hosted.ts';
import { estimateInputTokens } from '../settling/estimate.ts';
import { unitsOf } from '../settling/units.ts';
import type { Call } from '../types.ts';
import { targetOf } from './target.ts';

/** What of a call a decision goes by. */
export type Question = Pick<Call, 'caller' | 'control' | 'request' | 'registry' | 'env'> & {
  health: HealthView;
};

/** A call as the router sees it. @param policy the one in force. */
export function situationOf(question: Question, policy: Policy): Situation {
  const { caller, control, request, registry, health } = question;
  const body = request.body();
  return {
    rows: rowsOf(registry, request.kind),
    health,
    now: Date.now(),
    policy,
    preferences: control.preferences,
    request: {
      body,
      bytes: request.bytes.byteLength,
      ...(request.paramOf ? { paramOf: request.paramOf } : {}),
      needs: needsOf(body, estimateInputTokens(request)),
      maxOutputTokens: control.maxOutputTokens,
      answers: control.answers,
      units: unitsOf(question),
      ...(request.prompts === undefined ? {} : { prompts: request.prompts }),
      ...(request.kind === 'chat' ? { speaks: speaksFormat(request) } : {}),
      ...hostedFacts(request),
      expectedOutput: expectedOutput(outputScope(caller.workspaceId, control.workflow, caller.keyId)),
    },
    caller: callerFacts(question),
  };
}

/** What a request asks of hosts beside tokens. */
function hostedFacts(request: WireRequest): Pick<Situation['request'], 'barrier' | 'calls'> {
  if (!asksHosts(request)) return {};
  const wayOf = ({ model, endpoint, provider }: Row) => ({
    wire: wires[provider.wire],
    target: targetOf(model, endpoint, provider.quirks),
    endpoint,
  });
  return {
    barrier: (row) => barrierAt(request, wayOf(row)),
    calls: (row) => askedCalls(request, wayOf(row)),
  };
}

/** Whether a request can be said to an endpoint. Nearly all answer chat completions. */
function speaksFormat(request: WireRequest): (row: Row) => boolean {
  return ({ model, endpoint, provider }) => {
    const wire = wires[provider.wire];
    if (!request.untranslatable && (wire.chat?.answers?.(endpoint) ?? true)) return true;
    return nativeWay({ wire, target: targetOf(model, endpoint, provider.quirks) }, request) !== null;
  };
}

function callerFacts(question: Question): CallerFacts {
  const { caller, control } = question;
  const scores = caller.routing?.scores;
  const { workflow } = control;
  return {
    models: [caller.models, caller.workspaceModels],
    paidBy: payers(question),
    pricing: caller.pricing,
    scores:
      scores && workflow !== null && Object.hasOwn(scores, workflow) ? (scores[workflow] ?? null) : null,
  };
}

/** Whether the operator's credentials suffice for a provider: looked up once for a snapshot. */
const configured = new WeakMap<Registry, Map<string, boolean>>();

function payers({ caller, registry, env }: Question): CallerFacts['paidBy'] {
  const own = new Map<string, PaidBy | null>();
  for (const { provider } of caller.credentials ?? []) own.set(provider, null);
  for (const id of own.keys()) {
    const provider = registry.provider(id);
    if (provider && isServable(provider, registry, env, caller.credentials)) own.set(id, 'workspace');
  }
  const operators = configured.get(registry) ?? new Map<string, boolean>();
  configured.set(registry, operators);
  return (provider: Provider) => {
    const mine = own.get(provider.id);
    if (mine !== undefined) return mine;
    let servable = operators.get(provider.id);
    if (servable === undefined) {
      servable = isServable(provider, registry, env);
      operators.set(provider.id, servable);
    }
    return servable ? 'operator' : null;
  };
}
