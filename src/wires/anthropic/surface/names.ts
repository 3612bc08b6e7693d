import type { MemberNames } from '../../param-names.ts';

/** What members of chat completions are called in the Messages API, where that is another name. */
export const NAMES: MemberNames = {
  // Where its index is none that was sent.
  messages: 'messages',
  'messages.content': 'messages.content',
  'messages.content.cache_control': 'messages.content.cache_control',
  'messages.cache_control': 'messages.content.cache_control',
  'messages.is_error': 'messages.content.is_error',
  'messages.reasoning': 'messages.content.thinking',
  'messages.reasoning_details': 'messages.content.thinking',
  'tools.function.strict': 'tools.strict',
  'tools.function.parameters': 'tools.input_schema',
  'tool_choice.function': 'tool_choice',
  'tool_choice.function.name': 'tool_choice.name',
  parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
  max_completion_tokens: 'max_tokens',
  stop: 'stop_sequences',
  user: 'metadata.user_id',
  response_format: 'output_config.format',
  'response_format.json_schema.schema': 'output_config.format.schema',
  reasoning: 'thinking',
  'reasoning.enabled': 'thinking.type',
  'reasoning.max_tokens': 'thinking.budget_tokens',
  'reasoning.effort': 'output_config.effort',
  'reasoning.exclude': 'thinking.display',
  reasoning_effort: 'output_config.effort',
};
