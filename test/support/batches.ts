import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Env } from '../../src/env.ts';
import { createFile } from '../../src/files/create.ts';
import { newId } from '../../src/lib/id.ts';
import type { BatchObject } from '../../src/objects/batch/object.ts';
import type { BatchOrder } from '../../src/objects/batch/types.ts';

const bindings = env as unknown as Env;

/** Lines of an input, as objects or as they are to be written. */
export async function inputFile(
  scope: { workspaceId: string; projectId: string },
  lines: readonly (object | string)[],
): Promise<string> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    yield new TextEncoder().encode(texts.join('\n'));
  }
  const file = { purpose: 'batch', filename: 'in.jsonl', contentType: 'application/jsonl' } as const;
  return (await createFile(bindings, { ...scope, actor: 'tests' }, file, bytes())).id;
}

/** A batch in the database and an object that sends its messages nowhere: steps are taken by the test. */
export async function stillBatch(
  lines: readonly (object | string)[],
  more: Partial<BatchOrder> = {},
): Promise<{ order: BatchOrder; stub: DurableObjectStub<BatchObject> }> {
  const scope = {
    workspaceId: more.workspaceId ?? newId('workspace'),
    projectId: more.projectId ?? newId('project'),
  };
  const createdAt = Date.now();
  const order: BatchOrder = {
    batchId: newId('batch'),
    ...scope,
    keyId: newId('key'),
    address: null,
    origin: 'https://gateway.test',
    endpoint: '/v1/chat/completions',
    inputFileId: await inputFile(scope, lines),
    createdAt,
    expiresAt: createdAt + 86_400_000,
    ...more,
  };
  await bindings.DB.prepare(
    `insert into batches (id, workspace_id, project_id, key_id, endpoint, status, input_file_id, created_at, expires_at)
     values (?, ?, ?, ?, ?, 'validating', ?, ?, ?)`,
  )
    .bind(
      order.batchId,
      order.workspaceId,
      order.projectId,
      order.keyId,
      order.endpoint,
      order.inputFileId,
      order.createdAt,
      order.expiresAt,
    )
    .run();
  const stub = bindings.BATCH.get(bindings.BATCH.idFromName(order.batchId));
  await runInDurableObject(stub, async (object) => {
    (object as unknown as { env: object }).env = {
      ...bindings,
      BATCH_SLOTS: { send: async () => {} },
      BATCHES: { get: async () => ({ sendEvent: async () => {} }) },
    };
    await object.open(order);
  });
  return { order, stub };
}
