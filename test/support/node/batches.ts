import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import { toFile } from 'openai';
import type { Caller } from './world.ts';

type Batch = OpenAI.Batch;

/** How long a batch may take, milliseconds. */
const PATIENCE_MS = 60_000;

/** A line of the output or error file. */
export interface ResultLine {
  id: string;
  custom_id: string | null;
  response: { status_code: number; request_id: string; body: Record<string, unknown> } | null;
  error: { code: string; message: string; param: string | null; line: number } | null;
}

/** A line of an input that asks a model. */
export function ask(customId: string, model: string, content = customId, more: object = {}): object {
  const body = { model, max_tokens: 50, messages: [{ role: 'user', content }], ...more };
  return { custom_id: customId, method: 'POST', url: '/v1/chat/completions', body };
}

/** Uploads an input and makes a batch of it. @param lines objects, or text as it is to be written. */
export async function submit(
  { client }: Pick<Caller, 'client'>,
  lines: readonly (object | string)[],
  more: Partial<OpenAI.BatchCreateParams> = {},
): Promise<Batch> {
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  const file = await client.files.create({
    file: await toFile(Buffer.from(text), 'requests.jsonl'),
    purpose: 'batch',
  });
  return await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    ...more,
  });
}

/** Waits until a batch is as it should be. @throws Error when that takes too long. */
export async function until(
  { client }: Pick<Caller, 'client'>,
  id: string,
  isSo: (batch: Batch) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<Batch> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const batch = await client.batches.retrieve(id);
    if (isSo(batch)) return batch;
    if (Date.now() > end) throw new Error(`The batch is still ${JSON.stringify(batch)}`);
    await sleep(50);
  }
}

/** Waits until a batch has ended, however. */
export function ended(caller: Pick<Caller, 'client'>, id: string): Promise<Batch> {
  return until(caller, id, ({ status }) => ['completed', 'failed', 'expired', 'cancelled'].includes(status));
}

/** The lines of a file of results, by `custom_id`; none where there is no file. */
export async function resultsOf(
  { client }: Pick<Caller, 'client'>,
  fileId: string | null | undefined,
): Promise<ResultLine[]> {
  if (!fileId) return [];
  const text = await (await client.files.content(fileId)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ResultLine);
}
