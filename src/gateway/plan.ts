import { GatewayError } from '../errors.ts';
import { credentialsFor } from '../providers/credentials.ts';
import { servableEndpoints } from '../registry/listing.ts';
import type { Endpoint, Model } from '../registry/types.ts';
import { allows, mayCall } from '../tenancy/models.ts';
import { wires } from '../wires/index.ts';
import type { Target } from '../wires/types.ts';
import { policyOf } from './policy.ts';
import type { Call, Caller, Candidate, Control, Plan } from './types.ts';

/** Of a name that is unknown, no more than this is said back. */
const NAME_SHOWN = 200;

/**
 * The endpoints that may serve this request, in the order in which they are tried: the asked model's,
 * then those of each fallback model.
 * @throws GatewayError `model_not_found`, `model_not_enabled`, `model_not_available`, `model_not_supported`,
 *   `policy_not_found`.
 */
export function plan(call: Pick<Call, 'caller' | 'control' | 'registry' | 'env'>): Plan {
  const { control, registry } = call;
  const policy = policyOf(call);
  const candidates: Candidate[] = [];
  let refusal: GatewayError | null = null;
  for (const [index, name] of [control.model, ...control.fallbackModels].entries()) {
    const param = index === 0 ? 'model' : `models[${index - 1}]`;
    const model = registry.resolve(name, call.caller.workspaceAliases);
    if (!model) throw modelNotFound(name, param, call);
    if (!mayCall(call.caller, model.id)) throw notEnabled(model, param, call.caller);
    if (candidates.some((candidate) => candidate.model.id === model.id)) continue;
    if (model.kind !== 'chat') {
      throw new GatewayError('model_not_supported', {
        param,
        message: `${model.id} is no chat model but one for ${model.kind}.`,
      });
    }
    const found = candidatesOf(model, call);
    if (found.length === 0) refusal ??= notAvailable(model, param, control);
    candidates.push(...found);
  }
  if (candidates.length === 0) throw refusal ?? new GatewayError('model_not_available', { param: 'model' });
  return {
    candidates: control.preferences.allowFallbacks
      ? candidates
      : candidates.filter(({ endpoint }) => endpoint.id === candidates[0]?.endpoint.id),
    policy,
    reason: null,
  };
}

function candidatesOf(
  model: Model,
  { caller, control, registry, env }: Pick<Call, 'caller' | 'control' | 'registry' | 'env'>,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const endpoint of inOrder(registry.endpoints(model.id), control)) {
    const provider = registry.provider(endpoint.provider);
    if (!provider) continue;
    const wire = wires[provider.wire];
    if (!wire.chat) continue;
    const target: Target = {
      upstreamModel: endpoint.upstreamModel,
      maxOutputTokens: endpoint.maxOutputTokens ?? model.maxOutputTokens,
      capabilities: endpoint.capabilities,
      quirks: provider.quirks ?? {},
    };
    for (const credential of credentialsFor(provider, registry, env, caller.credentials)) {
      candidates.push({
        model,
        endpoint,
        provider,
        credential,
        wire,
        codec: wire.chat,
        target,
        on: null,
        maxOutputTokens: null,
      });
    }
  }
  return candidates;
}

function inOrder(endpoints: readonly Endpoint[], { preferences }: Control): readonly Endpoint[] {
  const { order, only, ignore } = preferences;
  const allowed = endpoints.filter(
    ({ provider }) => (only.length === 0 || only.includes(provider)) && !ignore.includes(provider),
  );
  if (order.length === 0) return allowed;
  const place = ({ provider }: Endpoint): number =>
    order.includes(provider) ? order.indexOf(provider) : order.length;
  return allowed.toSorted((a, b) => place(a) - place(b));
}

function notEnabled(model: Model, param: string, caller: Caller): GatewayError {
  const byKey = caller.models !== null && !allows(caller.models, model.id);
  return new GatewayError('model_not_enabled', {
    param,
    message: byKey
      ? `${model.id} is not among the models of this key. Enable it with PATCH /api/keys/${caller.keyId}.`
      : `${model.id} is not enabled in this workspace. Enable it with PUT /api/workspaces/${caller.workspaceId}/models.`,
  });
}

function modelNotFound(
  name: string,
  param: string,
  { registry, env, caller }: Pick<Call, 'caller' | 'registry' | 'env'>,
): GatewayError {
  const callable = (model: Model): boolean =>
    mayCall(caller, model.id) && servableEndpoints(model, registry, env, caller.credentials).length > 0;
  const nearest = registry.nearest(name, callable);
  const hint = nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : '';
  return new GatewayError('model_not_found', {
    param,
    message: `The model ${JSON.stringify(name.slice(0, NAME_SHOWN))} does not exist.${hint}`,
  });
}

function notAvailable(model: Model, param: string, { preferences }: Control): GatewayError {
  const narrowed = preferences.only.length > 0 || preferences.ignore.length > 0;
  return new GatewayError('model_not_available', {
    param,
    message: narrowed
      ? `No configured provider that the request allows serves ${model.id}.`
      : `No provider that serves ${model.id} is configured. Add a provider key.`,
  });
}
