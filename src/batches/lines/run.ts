import type { Env } from '../../env.ts';
import type { ErrorCode } from '../../errors.ts';
import { asObject, asString, parseJson } from '../../lib/json.ts';
import type { BatchOrder, ClaimedLine, Outcome } from '../../objects/batch/types.ts';
import { keyHashOf } from '../../tenancy/keys/hash.ts';
import { generationIdOf } from '../generation-id.ts';
import { bodyOf } from './check.ts';
import { answerLine, errorLine, type LineFault } from './error-line.ts';
import type { CallLine } from './props.ts';
import type { ReadAhead } from './read-ahead.ts';
import { resultKey } from './result-key.ts';
import { usageOf } from './usage.ts';
import { wasBilled } from './was-billed.ts';

/** What all lines of a batch have in common. */
export interface LineContext {
  env: Env;
  order: BatchOrder;
  /** Null where it is gone. */
  file: ReadAhead | null;
  /** Of the key's secret, which may be changed meanwhile. */
  keyHash: string;
  call: CallLine;
  /** The workspace may store no more, and answers would have to be. */
  full: boolean;
}

/** Faults that pass: a line is tried again, so many times in all. */
const PASSING = new Set<string>([
  'upstream_rate_limited',
  'upstream_overloaded',
  'upstream_waking',
  'auth_unavailable',
  'limits_unavailable',
  'registry_unavailable',
  'storage_unavailable',
] satisfies ErrorCode[]);
const MOST_TRIES = 5;

/** Waited before the second try, then doubled, milliseconds. */
const FIRST_DELAY_MS = 1_000;

/** Nothing is left alone for longer, milliseconds. */
const LONGEST_DELAY_MS = 60 * 60 * 1000;

/** A larger result is kept in R2, characters. */
const IN_OBJECT_CHARACTERS = 256 * 1024;

/** Runs a line through the gateway, once, and says what became of it. Never rejects. */
export async function runLine(context: LineContext, claimed: ClaimedLine): Promise<Outcome> {
  const { line } = claimed;
  try {
    if (!context.file) return fileGone(context, claimed);
    if (context.full) return noRoom(context, claimed);
    const response = await ask(context, context.file, claimed);
    const body = new Uint8Array(await response.arrayBuffer());
    return await outcomeOf(context, claimed, response, body);
  } catch (cause) {
    console.warn(
      JSON.stringify({
        warning: 'batch_line_failed',
        batch: context.order.batchId,
        line,
        cause: String(cause),
      }),
    );
    if (claimed.tries + 1 < MOST_TRIES) return again(claimed, delayAfter(claimed.tries), true);
    const fault = { code: 'internal_error', message: 'The gateway failed.', param: null };
    return { ...failure(context.order, claimed, fault), uncertain: true };
  }
}

async function ask(
  { env, order, keyHash, call }: LineContext,
  file: ReadAhead,
  { line, attempt, start, bytes, uncertain }: ClaimedLine,
): Promise<Response> {
  const waived = uncertain && (await wasBilled(env, order, line, attempt - 1));
  const content = await file.read(start, bytes);
  const { batchId } = order;
  const generationId = generationIdOf(order, line, attempt);
  const worker = call({ keyHash, batchId, line, generationId, waived });
  return await worker.fetch(`${order.origin}${order.endpoint}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(order.address === null ? {} : { 'cf-connecting-ip': order.address }),
    },
    body: bodyOf(content),
  });
}

async function outcomeOf(
  context: LineContext,
  claimed: ClaimedLine,
  { status, headers }: Response,
  bytes: Uint8Array,
): Promise<Outcome> {
  const { env, order } = context;
  const { line, attempt, tries } = claimed;
  const ok = status < 400;
  const body = new TextDecoder().decode(bytes);
  const code = ok ? null : codeOf(body);
  const retryAfterMs = Math.min(Number(headers.get('retry-after') ?? 0) * 1000 || 0, LONGEST_DELAY_MS);
  // Our own limits pass: nothing was tried, and the rest of the batch would be refused as well.
  if (code === 'rate_limit_exceeded') {
    const pauseMs = Math.max(retryAfterMs, FIRST_DELAY_MS);
    return { kind: 'again', line, attempt, delayMs: 0, pauseMs, counts: false, uncertain: false };
  }
  if (code === 'invalid_api_key' && (await hasNewSecret(context))) {
    return { ...again(claimed, 0, false), counts: false };
  }
  if (code !== null && PASSING.has(code) && tries + 1 < MOST_TRIES) {
    return again(claimed, Math.max(retryAfterMs, delayAfter(tries)), true);
  }
  const isJson = headers.get('content-type')?.includes('json') ?? false;
  const text = answerLine(order, claimed, {
    status,
    requestId: headers.get('x-request-id') ?? '',
    body: isJson ? body : JSON.stringify(body),
  });
  const usage = ok ? usageOf(bytes) : null;
  const done = { kind: 'done' as const, line, attempt, ok, usage, uncertain: false };
  if (text.length <= IN_OBJECT_CHARACTERS) return { ...done, text, file: null };
  const file = resultKey(order, line, attempt);
  await env.FILES.put(file, text);
  return { ...done, text: null, file };
}

/** Whether the key was given another secret since it was looked up: that is used from now on. */
async function hasNewSecret(context: LineContext): Promise<boolean> {
  const { env, order, keyHash } = context;
  context.keyHash = await keyHashOf(env, order.workspaceId, order.keyId);
  return context.keyHash !== keyHash && context.keyHash !== '';
}

function again({ line, attempt }: ClaimedLine, delayMs: number, uncertain: boolean) {
  return { kind: 'again' as const, line, attempt, delayMs, pauseMs: 0, counts: true, uncertain };
}

function failure(order: BatchOrder, claimed: ClaimedLine, fault: LineFault) {
  const { line, attempt } = claimed;
  const text = errorLine(order, claimed, fault);
  return { kind: 'done' as const, line, attempt, ok: false, text, file: null, usage: null, uncertain: false };
}

function delayAfter(tries: number): number {
  return FIRST_DELAY_MS * 2 ** tries;
}

function fileGone({ order }: LineContext, claimed: ClaimedLine): Outcome {
  const fault = { code: 'file_not_found', message: 'The input file does not exist any more.', param: null };
  return failure(order, claimed, fault);
}

function noRoom({ order }: LineContext, claimed: ClaimedLine): Outcome {
  const message = 'The files of the workspace are as many bytes as it may store. Delete some first.';
  return failure(order, claimed, { code: 'storage_quota_exceeded', message, param: null });
}

/** The stable code of an error answer, in whichever envelope. */
function codeOf(body: string): string | null {
  const error = asObject(asObject(parseJson(body))?.error);
  return asString(error?.code) ?? null;
}
