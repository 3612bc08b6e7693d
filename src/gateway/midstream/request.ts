import type { GatewayError } from '../../errors.ts';
import { asNumber, asObject, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Endpoint } from '../../registry/types.ts';
import type { ChatRequest } from '../../wires/types.ts';
import { changeRequest } from '../requests/change-request.ts';
import { type ContinueHow, splitSent } from './sent.ts';

/**
 * The least output that is asked for, tokens: what was sent is counted roughly, and some models take no
 * smaller limit.
 */
const MIN_OUTPUT_TOKENS = 16;

const LIMITS = ['max_tokens', 'max_completion_tokens'] as const;

const INSTRUCTION =
  'Your answer above was interrupted before it was complete. Go on with it exactly where it stops, even in ' +
  'the middle of a word, a sentence or a block of code. Your next message is appended to it as it is: do not ' +
  'repeat any of it, do not comment on the interruption, and keep its language, style and format.';

/**
 * How an endpoint is asked to go on: by prefill where probes have seen that it honours one, and where the
 * request asks for no reasoning, with which models refuse it.
 */
export function prefillHow(endpoint: Pick<Endpoint, 'probed'>, request: ChatRequest): ContinueHow {
  const honoured = endpoint.probed?.assistant_prefill === 'honoured';
  return honoured && !asksForReasoning(request.body()) ? 'prefill' : 'instruct';
}

/** Whether an upstream may have refused the prefill rather than the request: it is asked again without. */
export function mayRefusePrefill({ code, upstream }: GatewayError): boolean {
  // These say what it was.
  if (code === 'context_length_exceeded' || code === 'content_filter') return false;
  const status = upstream?.status;
  return code === 'upstream_invalid_request' || status === 400 || status === 422;
}

/**
 * The request for the candidate that goes on with a broken answer: the same one, behind it the text that was
 * sent, and what that text took taken off the limit of the output.
 * @param sent the text of the first choice as the client has it, and the output tokens so far, reasoning and all.
 */
export function continuationRequest(
  request: ChatRequest,
  sent: { text: string; outputTokens: number },
  how: ContinueHow,
): ChatRequest {
  const body = request.body();
  const { given } = splitSent(sent.text, how);
  const changes: Record<string, JsonObject[string] | undefined> = { ...limits(body, sent.outputTokens) };
  if (given !== '') {
    const messages = withAnswer(body.messages, given);
    if (how === 'instruct') messages.push({ role: 'user', content: INSTRUCTION });
    changes.messages = messages;
  }
  return changeRequest(request, changes);
}

/** A caller's own prefill and the answer to it are one message: many hosts refuse two of one role in a row. */
function withAnswer(messages: readonly Json[], text: string): Json[] {
  const last = messages.at(-1);
  if (!isObject(last) || last.role !== 'assistant' || last.tool_calls) {
    return [...messages, { role: 'assistant', content: text }];
  }
  const begun = last.content;
  const content = Array.isArray(begun)
    ? [...begun, { type: 'text', text }]
    : `${typeof begun === 'string' ? begun : ''}${text}`;
  return [...messages.slice(0, -1), { ...last, content }];
}

/** The limits of the output, and a budget of reasoning that would not fit into them any more. */
function limits(body: JsonObject, spent: number): Record<string, JsonObject[string] | undefined> {
  const changes: Record<string, JsonObject[string] | undefined> = {};
  let least = Number.POSITIVE_INFINITY;
  for (const name of LIMITS) {
    const limit = asNumber(body[name]);
    if (limit === undefined) continue;
    const left = Math.min(limit, Math.max(MIN_OUTPUT_TOKENS, limit - spent));
    changes[name] = left;
    least = Math.min(least, left);
  }
  const { max_tokens: budget, ...reasoning } = asObject(body.reasoning) ?? {};
  if ((asNumber(budget) ?? 0) >= least) changes.reasoning = reasoning;
  if ((asNumber(asObject(body.thinking)?.budget_tokens) ?? 0) >= least) changes.thinking = undefined;
  return changes;
}

function asksForReasoning(body: JsonObject): boolean {
  const reasoning = asObject(body.reasoning);
  const effort = reasoning?.effort ?? body.reasoning_effort;
  if (typeof effort === 'string') return effort !== 'none';
  if (reasoning) return reasoning.enabled !== false;
  const thinking = asObject(body.thinking);
  return thinking !== undefined && thinking.type !== 'disabled';
}
