import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../../../lib/json.ts';
import type { SurfaceLabels } from '../../surfaces.ts';
import { Blocks } from './blocks.ts';
import { newEnding, readEnding, refusalText, stopOf } from './stop.ts';
import { messagesUsage } from './usage.ts';

/** A message before its content (https://platform.claude.com/docs/en/api/messages/create). */
export function emptyMessage({ id, model }: SurfaceLabels, usage: JsonObject): JsonObject {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: { ...usage },
  };
}

/**
 * A chat completion as a message. Thinking comes first, then text, then calls: a chat message has no order between
 * them.
 */
export function wholeMessage(
  completion: JsonObject,
  labels: SurfaceLabels,
  sequences: readonly string[],
): JsonObject {
  const choice = asObject(asArray(completion.choices)[0]) ?? {};
  const said = asObject(choice.message) ?? {};
  const content: JsonObject[] = [];
  const blocks = new Blocks((event) => fold(content, event), labels.id);
  const ending = newEnding();
  readEnding(ending, choice, said, sequences);
  blocks.take(said);
  blocks.text(refusalText(ending));
  blocks.finish();
  for (const block of content) if (block.type === 'tool_use') block.input = inputOf(block.input);
  return {
    ...emptyMessage(labels, messagesUsage(completion.usage)),
    content,
    ...stopOf(ending),
  };
}

/** Adds an event to the blocks that it belongs to. */
function fold(content: JsonObject[], event: JsonObject): void {
  if (isObject(event.content_block)) {
    const block = { ...event.content_block };
    if (block.type === 'tool_use') block.input = '';
    content.push(block);
  }
  const delta = asObject(event.delta);
  const block = content.at(-1);
  if (!delta || !block) return;
  switch (delta.type) {
    case 'text_delta':
      block.text = `${block.text}${delta.text}`;
      break;
    case 'thinking_delta':
      block.thinking = `${block.thinking}${delta.thinking}`;
      break;
    case 'signature_delta':
      block.signature = delta.signature;
      break;
    case 'input_json_delta':
      block.input = `${block.input}${delta.partial_json}`;
      break;
    default:
      block.citations = [...asArray(block.citations), delta.citation ?? null];
  }
}

/** Arguments as the object that `input` is; what is none is kept under the name that the wire of this API gives it. */
function inputOf(text: unknown): JsonObject {
  const given = asString(text) ?? '';
  if (given.trim() === '') return {};
  return asObject(parseJson(given)) ?? { INVALID_JSON: given };
}
