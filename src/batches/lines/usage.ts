import { asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { memberText, scanMembers } from '../../lib/json-members.ts';
import type { BatchUsage } from '../../objects/batch/types.ts';

/**
 * What an answer says that it took, in the words of whichever format it is in; null where it says nothing. Only that
 * member of it is parsed.
 */
export function usageOf(answer: Uint8Array): BatchUsage | null {
  const member = scanMembers(answer)?.findLast(({ name }) => name === 'usage');
  const usage = member && asObject(parseJson(memberText(answer, member)));
  if (!usage) return null;
  // In the Messages format alone what concerns the cache is not a part of the input.
  const read = countOf(usage, 'cache_read_input_tokens');
  const written = countOf(usage, 'cache_creation_input_tokens');
  const inputDetails = asObject(usage.input_tokens_details ?? usage.prompt_tokens_details);
  const outputDetails = asObject(usage.output_tokens_details ?? usage.completion_tokens_details);
  return {
    input: countOf(usage, 'input_tokens') + countOf(usage, 'prompt_tokens') + read + written,
    cached: read + countOf(inputDetails, 'cached_tokens'),
    output: countOf(usage, 'output_tokens') + countOf(usage, 'completion_tokens'),
    reasoning: countOf(outputDetails, 'reasoning_tokens'),
  };
}

function countOf(usage: JsonObject | undefined, name: string): number {
  const value = usage?.[name];
  return typeof value === 'number' && value > 0 ? value : 0;
}
