import { asArray, asObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { SurfaceLabels } from '../../surfaces.ts';
import { responseId, stemOf } from './ids.ts';

/**
 * A response without its output: what it is labelled with, and what of the request it says again. What was not
 * sent and has no default here is null.
 */
export function shellOf(request: JsonObject, { id, created, model, store }: SurfaceLabels): JsonObject {
  const { effort, summary } = asObject(request.reasoning) ?? {};
  const { format, verbosity } = asObject(request.text) ?? {};
  return {
    id: responseId(stemOf(id)),
    object: 'response',
    created_at: created,
    status: 'in_progress',
    background: request.background === true,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: null,
    metadata: request.metadata ?? {},
    model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: effort ?? null, summary: summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    store: store ?? false,
    temperature: request.temperature ?? null,
    text: { format: format ?? { type: 'text' }, ...(verbosity == null ? {} : { verbosity }) },
    tool_choice: request.tool_choice ?? 'auto',
    tools: asArray(request.tools).map(saidTool),
    top_logprobs: request.top_logprobs ?? null,
    top_p: request.top_p ?? null,
    truncation: 'disabled',
    ...(request.user == null ? {} : { user: request.user }),
  };
}

/** The description demands both members of a function. */
function saidTool(tool: Json): Json {
  const given = asObject(tool);
  if (given?.type !== 'function') return tool;
  return { ...given, parameters: given.parameters ?? null, strict: given.strict ?? null };
}
