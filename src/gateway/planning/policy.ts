import { GatewayError } from '../../errors.ts';
import { nearestNames } from '../../registry/names.ts';
import { effectivePolicy } from '../../routing/policy/merge.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Call } from '../types.ts';

/** Of a name that is unknown, no more than this is said back. */
const NAME_SHOWN = 200;

/**
 * The policy in force for a request: field by field what the request itself declares, then the stored
 * policy that it names, its key, its workflow, its workspace.
 * @throws GatewayError `policy_not_found`.
 */
export function policyOf(call: Pick<Call, 'caller' | 'control' | 'registry'>): Policy {
  const { caller, control } = call;
  const { routing } = caller;
  return effectivePolicy([
    control.policy,
    control.policyName === null ? null : namedPolicy(control.policyName, call),
    caller.policy,
    control.workflow === null || !routing ? null : own(routing.workflows, control.workflow),
    routing?.policy,
  ]);
}

/** The workspace's policy of a name, else the deployment's. */
function namedPolicy(name: string, { caller, registry }: Pick<Call, 'caller' | 'registry'>): Policy {
  const stored = [caller.routing?.policies ?? {}, registry.routing?.policies ?? {}];
  for (const policies of stored) {
    const policy = own(policies, name);
    if (policy) return policy;
  }
  const names = stored.flatMap((policies) => Object.keys(policies));
  const nearest = nearestNames(name, new Set(names), 3);
  const hint = nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : '';
  throw new GatewayError('policy_not_found', {
    param: 'policy',
    message: `There is no policy ${JSON.stringify(name.slice(0, NAME_SHOWN))}.${hint}`,
  });
}

/** A member that a record itself has: names come from callers. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | null {
  return Object.hasOwn(record, name) ? (record[name] ?? null) : null;
}
