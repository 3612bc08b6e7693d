import { GatewayError } from '../errors.ts';
import { CONSTRAINTS, type Constraint, type Excluded } from './types.ts';

/** What a request would have to change for a constraint to hold. */
const PARAMS: Readonly<Record<Constraint, string>> = {
  model_not_enabled: 'model',
  not_configured: 'model',
  kind: 'model',
  allow: 'policy.allow',
  deny: 'policy.deny',
  region: 'policy.region',
  max_cost_usd: 'policy.max_cost_usd',
  min_accuracy: 'policy.min_accuracy',
  data_collection: 'policy.data_collection',
  require_parameters: 'policy.require_parameters',
  modalities: 'messages',
  tools: 'tools',
  schema: 'response_format',
  context_length: 'messages',
  provider: 'provider',
  max_price: 'provider.max_price',
  quantizations: 'provider.quantizations',
  format: 'model',
  tool_price: 'tools',
  account_objects: 'tools',
};

/** Constraints that no change of the request would lift. */
const OUT_OF_REACH = new Set<Constraint>(['not_configured', 'model_not_enabled', 'kind']);

/** Who came nearest to what was asked; undefined where nobody could have served it. */
export function nearestOf(excluded: readonly Excluded[]): Excluded | undefined {
  let nearest: Excluded | undefined;
  for (const one of excluded) {
    if (OUT_OF_REACH.has(one.constraint)) continue;
    if (!nearest || one.distance < nearest.distance) nearest = one;
  }
  return nearest;
}

/** How many endpoints fail each constraint, those that fail any. */
export function countByConstraint(excluded: readonly Excluded[]): [Constraint, number][] {
  const counts = new Map<Constraint, number>();
  for (const { constraint, also } of excluded) {
    for (const one of new Set([constraint, ...also])) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  return CONSTRAINTS.flatMap((constraint) => {
    const count = counts.get(constraint);
    return count === undefined ? [] : [[constraint, count] as [Constraint, number]];
  });
}

/** The refusal where nobody satisfies what was asked: each constraint, and who came nearest with what it lacked. */
export function nothingFits(excluded: readonly Excluded[]): GatewayError {
  const reachable = excluded.filter(({ constraint }) => !OUT_OF_REACH.has(constraint));
  const nearest = nearestOf(reachable);
  if (!nearest) return new GatewayError('no_endpoint_satisfies_policy', { param: 'policy' });
  const counts = countByConstraint(reachable).map(([constraint, count]) => `${constraint} (${count})`);
  const name = nearest.endpoint?.id ?? nearest.model.id;
  return new GatewayError('no_endpoint_satisfies_policy', {
    param: PARAMS[nearest.constraint],
    message: `No endpoint satisfies the policy of this request. Endpoints left out by ${counts.join(', ')}. The nearest is ${name}: ${nearest.detail}.`,
  });
}
