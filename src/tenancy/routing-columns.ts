import { type SQL, sql } from 'drizzle-orm';
import { fallbacks, policies, scores, splits, workflows } from '../db/schema/routing.ts';
import { workspaces } from '../db/schema/tenancy.ts';
import type { Policy, RoutingRules, Score, WorkspaceRouting } from '../routing/policy/types.ts';

/** A workflow's policy as JSON; where it names a stored one that one: the workspace's, else the deployment's. */
const WORKFLOW_POLICY = sql`iif(json_type(${workflows.policy}) = 'text', (
  select ${policies.policy} from ${policies}
  where ${policies.workspaceId} in (${workflows.workspaceId}, '') and ${policies.name} = ${workflows.policy} ->> '$'
  order by ${policies.workspaceId} desc limit 1), ${workflows.policy})`;

/** What a workspace declared about routing, as JSON, so that one read of its keys tells all. Selected with `workspaces`. */
export const ROUTING_COLUMNS = {
  policies: sql<string>`(select json_group_object(${policies.name}, json(${policies.policy}))
    from ${policies} where ${policies.workspaceId} = ${workspaces.id})`,
  fallbacks: sql<string>`(select json_group_object(${fallbacks.modelId}, json(${fallbacks.chain}))
    from ${fallbacks} where ${fallbacks.workspaceId} = ${workspaces.id})`,
  splits: sql<string>`(select json_group_object(${splits.folded}, json(${splits.split}))
    from ${splits} where ${splits.workspaceId} = ${workspaces.id})`,
  workflows: sql<string>`(select json_group_object(${workflows.name}, json(coalesce(${WORKFLOW_POLICY}, '{}')))
    from ${workflows} where ${workflows.workspaceId} = ${workspaces.id})`,
  scores: sql<string>`(select json_group_array(json_array(${scores.workflow}, ${scores.modelId}, ${scores.mean},
    ${scores.lower}, ${scores.samples}, ${scores.measuredAt}))
    from ${scores} where ${scores.workspaceId} = ${workspaces.id})`,
} satisfies Record<string, SQL<string>>;

/** A row of `ROUTING_COLUMNS`. */
export type RoutingRow = Record<keyof typeof ROUTING_COLUMNS, string>;

type ScoreRow = [workflow: string, model: string, mean: number, lower: number, samples: number, at: number];

/**
 * What a workspace declared; undefined when that is nothing.
 * @param policy the workspace's default.
 */
export function routingOf(row: RoutingRow, policy: Policy | null): WorkspaceRouting | undefined {
  const nothing =
    policy === null &&
    [row.policies, row.fallbacks, row.splits, row.workflows].every((text) => text === '{}') &&
    row.scores === '[]';
  if (nothing) return undefined;
  const byWorkflow: Record<string, Record<string, Score>> = {};
  for (const [workflow, model, mean, lower, samples, measuredAt] of JSON.parse(row.scores) as ScoreRow[]) {
    byWorkflow[workflow] ??= {};
    byWorkflow[workflow][model] = { mean, lower, samples, measuredAt };
  }
  return {
    policy,
    policies: JSON.parse(row.policies) as RoutingRules['policies'],
    fallbacks: JSON.parse(row.fallbacks) as RoutingRules['fallbacks'],
    splits: JSON.parse(row.splits) as RoutingRules['splits'],
    workflows: JSON.parse(row.workflows) as WorkspaceRouting['workflows'],
    scores: byWorkflow,
  };
}
