import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { BatchEndpoint } from '../../src/batches/endpoints.ts';
import { planLines } from '../../src/batches/lines/plan.ts';
import { workSlot } from '../../src/batches/lines/work.ts';
import { beginRun } from '../../src/batches/steps.ts';
import type { Env } from '../../src/env.ts';
import { createFile } from '../../src/files/create.ts';
import type { FileScope } from '../../src/files/types.ts';
import type { BatchOrder } from '../../src/objects/batch/types.ts';
import { callLine, end, linesOf } from '../support/batch-steps.ts';
import { stillBatch } from '../support/batches.ts';
import { newKey, newWorkspace } from '../support/gateway.ts';

export const bindings = env as unknown as Env;

/** Whose batches, and the secret of the key. */
export interface Owner extends FileScope {
  keyId: string;
  key: string;
}

export async function newOwner(): Promise<Owner> {
  const { id: workspaceId } = await newWorkspace();
  const { id: keyId, project: projectId, key } = await newKey(workspaceId);
  return { workspaceId, projectId, keyId, key };
}

/** A file of a project. */
export async function upload(scope: FileScope, bytes: Uint8Array, filename: string, contentType: string) {
  async function* body() {
    yield bytes;
  }
  const file = { purpose: 'user_data', filename, contentType } as const;
  const { workspaceId, projectId } = scope;
  return (await createFile(bindings, { workspaceId, projectId, actor: 'tests' }, file, body())).id;
}

/** A batch whose lines may be run. */
export async function begun(
  { workspaceId, projectId, keyId }: Owner,
  endpoint: BatchEndpoint,
  bodies: object[],
) {
  const lines = bodies.map((body, index) => ({
    custom_id: `line-${index + 1}`,
    method: 'POST',
    url: endpoint,
    body,
  }));
  const { order } = await stillBatch(lines, { workspaceId, projectId, keyId, endpoint });
  expect(await planLines(bindings, order)).toBeNull();
  await beginRun(bindings, order);
  return order;
}

export const first = ({ batchId }: BatchOrder) => ({ batchId, slot: 0, turn: 1 });

/** Runs lines, and answers what became of each. */
export async function resultsOf(owner: Owner, endpoint: BatchEndpoint, bodies: object[]) {
  const order = await begun(owner, endpoint, bodies);
  await workSlot(bindings, first(order), callLine);
  const row = await end(order);
  const output = await linesOf(order, row.outputFileId);
  const errors = await linesOf(order, row.errorFileId);
  return { order, output, errors };
}
