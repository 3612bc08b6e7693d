import type { JsonObject } from '../../../lib/json.ts';
import type { MemberNames } from '../../param-names.ts';

/** What members of chat completions are called in the Responses API, where that is another name. */
const NAMES: MemberNames = {
  messages: 'input',
  'messages.name': 'input.name',
  'messages.cache_control': 'input.cache_control',
  'messages.content': 'input.content',
  'messages.content.cache_control': 'input.content.cache_control',
  'messages.content.image_url.detail': 'input.content.detail',
  'messages.reasoning': 'input.reasoning',
  'messages.reasoning_details': 'input.encrypted_content',
  'tools.function.strict': 'tools.strict',
  'tools.function.parameters': 'tools.parameters',
  'tool_choice.function': 'tool_choice',
  'tool_choice.function.name': 'tool_choice.name',
  'tool_choice.allowed_tools': 'tool_choice',
  'tool_choice.allowed_tools.tools': 'tool_choice.tools',
  'tool_choice.allowed_tools.mode': 'tool_choice.mode',
  max_completion_tokens: 'max_output_tokens',
  max_tokens: 'max_output_tokens',
  response_format: 'text.format',
  'response_format.type': 'text.format.type',
  'response_format.json_schema.name': 'text.format.name',
  'response_format.json_schema.schema': 'text.format.schema',
  'response_format.json_schema.strict': 'text.format.strict',
  verbosity: 'text.verbosity',
  reasoning_effort: 'reasoning.effort',
};

/** @param body which of two ways it asks for log probabilities in. */
export function namesIn(body: JsonObject): MemberNames {
  return body.top_logprobs == null
    ? { ...NAMES, logprobs: 'include' }
    : { ...NAMES, logprobs: 'top_logprobs' };
}
