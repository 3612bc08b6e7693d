import { eq } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { projects } from '../../db/schema/tenancy.ts';
import type { Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { UsageLine } from '../../objects/workspace/types.ts';
import { stored } from '../../tenancy/storage.ts';
import { type Tax, totalsOf } from './totals.ts';
import type { InvoiceDocument, InvoiceLine } from './types.ts';

/**
 * What an invoice of a workspace for a month says as things stand: its usage so far, with the names and the
 * tax of now. Without lines where nothing was used.
 * @throws GatewayError `storage_unavailable`.
 */
export async function draftInvoice(
  env: Env,
  { id: workspaceId, name, tax }: { id: string; name: string; tax: Tax | null },
  month: string,
): Promise<InvoiceDocument> {
  const usage = await stored(workspaceClient(env, workspaceId).usage(month));
  const named = await stored(
    database(env.DB)
      .select({ id: projects.id, name: projects.name })
      .from(projects)
      .where(eq(projects.workspaceId, workspaceId))
      .all(),
  );
  const lines = linesOf(usage, new Map(named.map((project) => [project.id, project.name])));
  return { workspace: { id: workspaceId, name }, lines, ...totalsOf(lines, tax) };
}

/** Usage as lines of an invoice, by project, model, provider and unit. */
function linesOf(usage: readonly UsageLine[], projectNames: ReadonlyMap<string, string>): InvoiceLine[] {
  return usage.map(({ project, model, provider, unit, rate, quantity, requests, amount }) => ({
    project,
    project_name: projectNames.get(project) ?? project,
    model,
    provider,
    unit: unit as InvoiceLine['unit'],
    rate,
    quantity,
    requests,
    amount,
  }));
}
