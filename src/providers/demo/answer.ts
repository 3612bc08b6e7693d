import type { JsonObject } from '../../lib/json.ts';
import type { Piece, Script } from './types.ts';

/** What every object of one answer carries. */
export interface AnswerHead {
  /** `chatcmpl-…` */
  id: string;
  /** Unix seconds. */
  created: number;
  model: string;
}

/** An event of a stream and how long it keeps its reader waiting: `Infinity` for ever. */
export interface TimedEvent {
  afterMs: number;
  /** SSE text; '' where only the wait matters. */
  text: string;
}

/** The `chat.completion` object, every choice saying the same. */
export function wholeAnswer(head: AnswerHead, script: Script, n: number, usage: JsonObject): JsonObject {
  const choices = Array.from({ length: n }, (_, index) => ({
    index,
    message: messageOf(head, script.pieces, index),
    logprobs: null,
    finish_reason: script.ending,
  }));
  return { ...headOf(head, 'chat.completion'), choices, usage };
}

/**
 * The same answer as `chat.completion.chunk` events in time: a role, a delta per piece, the finish
 * reason, then usage where it was asked for, and `[DONE]`. Of an answer that is cut, nothing after
 * its last piece.
 * @param usage null when the caller did not ask for it.
 */
export function* chunkEvents(
  head: AnswerHead,
  script: Script,
  n: number,
  usage: JsonObject | null,
): Generator<TimedEvent> {
  const envelope = headOf(head, 'chat.completion.chunk');
  const event = (choices: JsonObject[], ofUsage: JsonObject | null = null): string =>
    `data: ${JSON.stringify({ ...envelope, choices, ...(usage && { usage: ofUsage }) })}\n\n`;
  const everyChoice = (delta: (choice: number) => JsonObject, finish: string | null): string => {
    let text = '';
    for (let index = 0; index < n; index++) {
      text += event([{ index, delta: delta(index), logprobs: null, finish_reason: finish }]);
    }
    return text;
  };

  yield { afterMs: script.firstMs, text: everyChoice(() => ({ role: 'assistant', content: '' }), null) };
  for (const [position, piece] of script.pieces.entries()) {
    yield {
      afterMs: position === 0 ? 0 : script.gapMs,
      text: everyChoice((choice) => deltaOf(head, piece, choice), null),
    };
  }
  if (script.ending === 'cut') return;
  if (script.ending === 'silence') {
    yield { afterMs: Number.POSITIVE_INFINITY, text: '' };
    return;
  }
  let end = everyChoice(() => ({}), script.ending);
  if (usage) end += event([], usage);
  yield { afterMs: 0, text: `${end}data: [DONE]\n\n` };
}

/** Milliseconds that the whole answer takes. */
export function durationOf(script: Script): number {
  if (script.ending === 'silence') return Number.POSITIVE_INFINITY;
  return script.firstMs + Math.max(0, script.pieces.length - 1) * script.gapMs;
}

function headOf(head: AnswerHead, object: string): JsonObject {
  return {
    id: head.id,
    object,
    created: head.created,
    model: head.model,
    service_tier: 'default',
    system_fingerprint: 'fp_demo',
  };
}

function messageOf(head: AnswerHead, pieces: readonly Piece[], choice: number): JsonObject {
  let content = '';
  let reasoning = '';
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
  for (const piece of pieces) {
    if (piece.kind === 'text') content += piece.text;
    else if (piece.kind === 'reasoning') reasoning += piece.text;
    else if (piece.kind === 'call') {
      const id = callId(head, choice, piece.call);
      calls.push({ id, type: 'function', function: { name: piece.name, arguments: '' } });
    } else {
      const call = calls[piece.call];
      if (call) call.function.arguments += piece.text;
    }
  }
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    refusal: null,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function deltaOf(head: AnswerHead, piece: Piece, choice: number): JsonObject {
  switch (piece.kind) {
    case 'text':
      return { content: piece.text };
    case 'reasoning':
      return { reasoning_content: piece.text };
    case 'call': {
      const id = callId(head, choice, piece.call);
      const opened = {
        index: piece.call,
        id,
        type: 'function',
        function: { name: piece.name, arguments: '' },
      };
      return { tool_calls: [opened] };
    }
    case 'arguments':
      return { tool_calls: [{ index: piece.call, function: { arguments: piece.text } }] };
  }
}

/** Unique over answers, choices and calls, as clients match results by it. */
function callId(head: AnswerHead, choice: number, call: number): string {
  return `call_${head.id.slice(head.id.indexOf('-') + 1)}${choice}${call}`;
}
