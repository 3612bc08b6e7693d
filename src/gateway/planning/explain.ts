import { decide } from '../../routing/decide.ts';
import { explainDecision, type RouteView } from '../../routing/explain.ts';
import { askedOf } from '../requests/asked.ts';
import { policyOf } from './policy.ts';
import { type Question, situationOf } from './situation.ts';

/**
 * Who would serve a request, in which order and at which estimates, and why others would not, without calling
 * anybody. Where nobody may serve, there are no candidates, and no error.
 * @throws GatewayError `model_not_found`, `model_not_enabled`, `model_not_supported`, `policy_not_found`.
 */
export function explainRoute(question: Question): RouteView {
  const policy = policyOf(question);
  const situation = situationOf(question, policy);
  const decision = decide(situation, askedOf(question, situation.rows, situation.now), true);
  return explainDecision(decision, policy, situation.request.needs);
}
