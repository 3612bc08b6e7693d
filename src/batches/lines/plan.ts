import type { Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { findFile } from '../../files/find.ts';
import { readFile } from '../../files/read.ts';
import type { StoredFile } from '../../files/types.ts';
import { type BatchClient, batchClient } from '../../objects/batch/client.ts';
import type { BatchOrder, PlannedLine } from '../../objects/batch/types.ts';
import { stored } from '../../tenancy/storage.ts';
import { MAX_FILE_BYTES, MAX_LINE_BYTES, MAX_LINES } from '../limits.ts';
import { noteModel } from '../progress.ts';
import type { BatchError } from '../view.ts';
import { checkLine } from './check.ts';
import { errorLine, type LineFault } from './error-line.ts';
import { type RawLine, splitLines } from './split.ts';

/** The file is read so many bytes at a time. */
const RANGE_BYTES = 8 * 1024 * 1024;

/** So many lines travel in one call. */
const LINES_PER_CALL = 2_000;

/**
 * Reads the input of a batch and tells its object of every line. A line that cannot be run has failed then, and does
 * not keep the others from running. May be repeated.
 * @returns why the batch as a whole cannot be run; null when it can.
 * @throws GatewayError `storage_unavailable`.
 */
export async function planLines(env: Env, order: BatchOrder): Promise<BatchError | null> {
  const batch = batchClient(env, order.batchId);
  // Begun anew when lines have been run: what became of its file is no matter then.
  if ((await stored(batch.progress())).phase !== 'planning') return null;
  const file = await inputOf(env, order);
  if (!file) return whole('file_not_found', 'The input file does not exist any more.');
  if (file.bytes > MAX_FILE_BYTES) return whole('file_too_large', 'The input file is larger than 200 MB.');
  const seen = new Map<string, number>();
  const models = new Set<string>();
  let count = 0;
  let planned: PlannedLine[] = [];
  for await (const raw of splitLines(rangesOf(env, file), MAX_LINE_BYTES)) {
    count++;
    if (count > MAX_LINES) return whole('too_many_lines', `The input file has more than ${MAX_LINES} lines.`);
    planned.push(planLine(order, raw, seen, models));
    if (planned.length >= LINES_PER_CALL) {
      await tell(batch, planned);
      planned = [];
    }
  }
  if (count === 0) return whole('empty_file', 'The input file is empty.');
  await tell(batch, planned);
  const [model, ...others] = models;
  if (model !== undefined && others.length === 0) await noteModel(env, order, model);
  return null;
}

/** The input of a batch; null where it is gone. @throws GatewayError `storage_unavailable`. */
export async function inputOf(env: Env, order: BatchOrder): Promise<StoredFile | null> {
  try {
    return await findFile(env, order, order.inputFileId, 'input_file_id');
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'not_found') return null;
    throw thrown;
  }
}

async function* rangesOf(env: Env, file: StoredFile): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < file.bytes; offset += RANGE_BYTES) {
    const length = Math.min(RANGE_BYTES, file.bytes - offset);
    yield* await readFile(env, file, { offset, length });
  }
}

function planLine(
  order: BatchOrder,
  { line, start, length, bytes }: RawLine,
  seen: Map<string, number>,
  models: Set<string>,
): PlannedLine {
  const tooLarge = { code: 'line_too_large', message: 'The line is over 32 MB.', param: null };
  const { customId, model, fault } = bytes
    ? checkLine(bytes, order.endpoint)
    : { customId: null, model: null, fault: tooLarge };
  const found = fault ?? duplicate(customId, line, seen);
  // Two are as good as many.
  if (found === null && model !== null && models.size < 2) models.add(model);
  const failure = found && errorLine(order, { line, customId, attempt: 0 }, found);
  return { line, start, bytes: length, customId, failure };
}

function duplicate(customId: string | null, line: number, seen: Map<string, number>): LineFault | null {
  if (customId === null) return null;
  const first = seen.get(customId);
  if (first === undefined) {
    seen.set(customId, line);
    return null;
  }
  return {
    code: 'duplicate_custom_id',
    message: `Line ${first} has this custom_id too.`,
    param: 'custom_id',
  };
}

async function tell(batch: BatchClient, lines: PlannedLine[]): Promise<void> {
  if (lines.length === 0) return;
  try {
    await batch.plan(lines);
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}

function whole(code: string, message: string): BatchError {
  return { code, message, line: null, param: 'input_file_id' };
}
