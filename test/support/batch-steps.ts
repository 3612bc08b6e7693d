import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import { findBatch } from '../../src/batches/find.ts';
import { generationIdOf } from '../../src/batches/generation-id.ts';
import type { LineProps } from '../../src/batches/lines/props.ts';
import { workSlot } from '../../src/batches/lines/work.ts';
import { endBatch, finalizeBatch } from '../../src/batches/steps.ts';
import { type Place, type ResultFile, type Slice, writeSlice } from '../../src/batches/write-results.ts';
import type { Env } from '../../src/env.ts';
import { findFile } from '../../src/files/find.ts';
import { readFile } from '../../src/files/read.ts';
import { batchClient } from '../../src/objects/batch/client.ts';
import type { BatchOrder } from '../../src/objects/batch/types.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import { stillBatch } from './batches.ts';
import { newKey, newWorkspace } from './gateway.ts';

const bindings = env as unknown as Env;
const entrypoints = exports as unknown as {
  BatchLinesEntrypoint(options: { props: LineProps }): Fetcher;
};
/** The gateway itself. */
export const callLine = (props: LineProps): Fetcher => entrypoints.BatchLinesEntrypoint({ props });

/** A line that asks the model that repeats. */
export const line = (customId: string, more: object = {}) => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'demo-echo', messages: [{ role: 'user', content: customId }], ...more },
});

/** The lines of a file of results; none where there is no file. */
export async function linesOf(order: BatchOrder, fileId: string | null) {
  if (fileId === null) return [];
  const text = await new Response(await readFile(bindings, await findFile(bindings, order, fileId))).text();
  return text
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one));
}

/** Writes a file of results, in slices of so many calls each, or as they come. @returns its id. */
export async function writeFile(
  order: BatchOrder,
  what: ResultFile,
  mostCalls?: number,
): Promise<string | null> {
  for (let from: Place | null = null; ; ) {
    const slice: Slice = await writeSlice(bindings, order, what, from, mostCalls);
    if (!slice.next) return slice.fileId;
    from = slice.next;
  }
}

/** The last steps of the Workflow. */
export async function end(order: BatchOrder) {
  await finalizeBatch(bindings, order);
  const output = await writeFile(order, 'output');
  const errors = await writeFile(order, 'errors');
  expect(await writeFile(order, 'output')).toBe(output);
  await endBatch(bindings, order, output, errors);
  return await findBatch(bindings, order, order.batchId);
}

/** A batch with a key that may call the models of the demonstration. */
export async function ownBatch(lines: readonly object[]) {
  const { id: workspaceId } = await newWorkspace();
  const { id: keyId, project: projectId } = await newKey(workspaceId);
  return await stillBatch(lines, { workspaceId, projectId, keyId });
}

/** Bills an attempt at the first line, nano-USD. */
export async function settle(order: BatchOrder, attempt: number, amount: number): Promise<void> {
  await workspaceClient(bindings, order.workspaceId).settle([
    {
      id: generationIdOf(order, 1, attempt),
      amount,
      project: order.projectId,
      scopes: [],
      model: null,
      provider: null,
      lines: [],
      tokens: null,
      draw: undefined,
    },
  ]);
}

/** A gateway that gives these answers, one after the other, and then the last. */
export function answering(...answers: (() => Response | Promise<Response>)[]) {
  const seen: LineProps[] = [];
  return {
    seen,
    call: (props: LineProps): Fetcher => {
      const fetch = async () => {
        const next = answers[Math.min(seen.push(props), answers.length) - 1];
        if (!next) throw new Error('There is no answer');
        return await next();
      };
      return { fetch } as unknown as Fetcher;
    },
  };
}

/** An answer that is an error. */
export const refusal =
  (code: string, status: number, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ error: { code } }, { status, headers });

/** Runs what a slot may run now; the lines of a turn that waits are brought forward. */
export async function runTurns(
  order: BatchOrder,
  stub: DurableObjectStub,
  call: (props: LineProps) => Fetcher,
) {
  for (let turn = 1; turn < 10; turn++) {
    await runInDurableObject(stub, (_, state) => state.storage.sql.exec('UPDATE lines SET not_before = 0'));
    await workSlot(bindings, { batchId: order.batchId, slot: 0, turn }, call);
    if ((await batchClient(bindings, order.batchId).progress()).phase === 'over') return;
  }
}
