import { asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import type { Dropped } from './dropped.ts';

/** Names the origin of a reasoning detail, as OpenRouter does, so that signatures return to their maker only. */
export const REASONING_FORMAT = 'anthropic-claude-v1';

/**
 * Thinking in OpenRouter's shape
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks). `index` is the number of
 * the thinking block within the message.
 */
export function thinkingDetail(index: number, text: string, signature: string | null): JsonObject {
  const detail: JsonObject = { type: 'reasoning.text', text };
  if (signature !== null) detail.signature = signature;
  detail.format = REASONING_FORMAT;
  detail.index = index;
  return detail;
}

/** Thinking that the provider keeps encrypted. */
export function redactedDetail(index: number, data: string): JsonObject {
  return { type: 'reasoning.encrypted', data, format: REASONING_FORMAT, index };
}

/**
 * The thinking blocks of an assistant message, in order, texts and signatures exactly as they came.
 * Details collected from a stream without merging are put together by their `index`. What has no
 * signature, or came from another kind of model, cannot be sent and is reported.
 */
export function thinkingBlocks(details: readonly Json[], dropped: Dropped): JsonObject[] {
  const blocks: JsonObject[] = [];
  let open: { index: number; block: JsonObject } | null = null;
  for (const entry of details) {
    const detail = asObject(entry);
    const format = asString(detail?.format);
    if (!detail || (format !== undefined && format !== REASONING_FORMAT)) {
      dropped.add('messages.reasoning_details');
      continue;
    }
    const data = asString(detail.data);
    if (detail.type === 'reasoning.encrypted' && data !== undefined) {
      blocks.push({ type: 'redacted_thinking', data });
      open = null;
      continue;
    }
    if (detail.type !== 'reasoning.text') {
      dropped.add('messages.reasoning_details');
      continue;
    }
    const index = asNumber(detail.index);
    if (!open || index === undefined || open.index !== index) {
      const block: JsonObject = { type: 'thinking', thinking: '', signature: '' };
      blocks.push(block);
      open = { index: index ?? Number.NaN, block };
    }
    open.block.thinking = `${open.block.thinking}${asString(detail.text) ?? ''}`;
    open.block.signature = asString(detail.signature) || open.block.signature;
  }
  const signed = blocks.filter((block) => block.type !== 'thinking' || block.signature !== '');
  if (signed.length < blocks.length) dropped.add('messages.reasoning_details');
  return signed;
}
