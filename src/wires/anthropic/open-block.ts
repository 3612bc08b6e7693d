import { asArray, isObject, type JsonObject } from '../../lib/json.ts';

/** A content block of a stream that is being received. */
export interface OpenBlock {
  /** As it came with `content_block_start`. */
  block: JsonObject;
  /** `answer` is the call of the tool that stands for the answer; `ignored` a second one. */
  kind: 'text' | 'thinking' | 'call' | 'answer' | 'ignored' | 'other';
  /** Index of the tool call, or of the reasoning detail. */
  index: number;
  /** Characters of tool input received. */
  received: number;
  /** Input of the provider's own tools, as far as received. */
  input: string;
  /** Offset of a text block in the content. */
  start: number;
  citations: JsonObject[];
}

export function openBlock(block: JsonObject, start: number): OpenBlock {
  return {
    block,
    kind: 'other',
    index: 0,
    received: 0,
    input: '',
    start,
    citations: asArray(block.citations).filter(isObject),
  };
}
