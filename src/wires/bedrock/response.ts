import { asArray, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import type { AnswerMeta, DecodedAnswer, Target } from '../types.ts';
import { chatUsage } from '../usage.ts';
import { mapStopReason, reasoningDetail, reasoningFormat, redactedDetail } from './answer.ts';
import { unreadable } from './error.ts';
import { readUsage } from './usage.ts';

/**
 * A Converse response as a chat completion. The answer names neither itself nor its model.
 * @throws GatewayError `upstream_invalid_response` for what is no answer, `upstream_error` for one given up.
 */
export function decode(text: string, { upstreamModel }: Target, meta: AnswerMeta): DecodedAnswer {
  const body = asObject(parseJson(text));
  const message = asObject(asObject(body?.output)?.message);
  const raw = asString(body?.stopReason);
  if (!body || !message || raw === undefined) throw unreadable(text);
  const finishReason = mapStopReason(raw, text);
  const rawUsage = asObject(body.usage);
  const usage = rawUsage ? readUsage(rawUsage) : null;
  const completion: JsonObject = {
    id: meta.id,
    object: 'chat.completion',
    created: meta.created,
    model: meta.model,
    choices: [
      {
        index: 0,
        message: toMessage(message, reasoningFormat(upstreamModel)),
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
  };
  if (usage) completion.usage = chatUsage(usage);
  return {
    text: JSON.stringify(completion),
    usage,
    finishReason,
    rawFinishReason: raw,
    upstreamId: null,
    upstreamModel: null,
  };
}

function toMessage(source: JsonObject, format: string): JsonObject {
  let text: string | null = null;
  let reasoning = '';
  const details: JsonObject[] = [];
  const calls: JsonObject[] = [];
  const others: JsonObject[] = [];
  for (const entry of asArray(source.content)) {
    const block = asObject(entry) ?? {};
    const use = asObject(block.toolUse);
    const thought = asObject(block.reasoningContent);
    if (typeof block.text === 'string') {
      text = (text ?? '') + block.text;
    } else if (use) {
      calls.push({
        id: asString(use.toolUseId) ?? '',
        type: 'function',
        function: { name: asString(use.name) ?? '', arguments: JSON.stringify(use.input ?? {}) },
      });
    } else if (thought) {
      const said = asObject(thought.reasoningText);
      if (said) {
        const words = asString(said.text) ?? '';
        reasoning += words;
        details.push(reasoningDetail(details.length, words, asString(said.signature) ?? null, format));
      } else {
        details.push(redactedDetail(details.length, asString(thought.redactedContent) ?? ''));
      }
    } else {
      // Cited text is text all the same.
      for (const part of asArray(asObject(block.citationsContent)?.content)) {
        text = (text ?? '') + (asString(asObject(part)?.text) ?? '');
      }
      others.push(block);
    }
  }
  const message: JsonObject = { role: 'assistant', content: text, refusal: null };
  if (reasoning !== '') message.reasoning = reasoning;
  if (details.length > 0) message.reasoning_details = details;
  if (calls.length > 0) message.tool_calls = calls;
  if (others.length > 0) message.provider_data = { bedrock: { blocks: others } };
  return message;
}
