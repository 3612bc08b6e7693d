import { asArray, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { modelTraits } from '../claude/models.ts';
import type { AnswerMeta, FinishReason, Target } from '../types.ts';
import { planStructured } from './structured.ts';
import { usesLegacyFunctions } from './tools.ts';

/** What of the request decides how an answer reads. */
export interface AnswerMode {
  /** Name of the tool whose input is the answer (structured output by a forced tool), else null. */
  answerTool: string | null;
  /** The caller speaks `functions`, so a call is a `function_call`. */
  legacy: boolean;
}

export function answerMode(target: Target, meta: AnswerMeta): AnswerMode {
  const body = meta.request.body();
  const plan = planStructured(body, target, modelTraits(target.upstreamModel));
  return { answerTool: plan.kind === 'tool' ? plan.name : null, legacy: usesLegacyFunctions(body) };
}

/**
 * OpenAI's finish reason for a `stop_reason`
 * (https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons).
 * @param called the answer holds calls of the caller's tools.
 */
export function mapStopReason(reason: string, called: boolean, legacy: boolean): FinishReason {
  switch (reason) {
    case 'tool_use':
      if (!called) return 'stop';
      return legacy ? 'function_call' : 'tool_calls';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'refusal':
      return 'content_filter';
    default:
      // end_turn, stop_sequence, pause_turn, and what may come: the raw reason tells them apart.
      return 'stop';
  }
}

/** The text of `refusal` where the provider does not say why. */
const REFUSED = 'The provider stopped the answer because of its usage policy.';

/** The message's `refusal`, or null when it was not refused. */
export function refusalText(reason: string, stopDetails: Json | undefined): string | null {
  if (reason !== 'refusal') return null;
  return asString(asObject(stopDetails)?.explanation) || REFUSED;
}

/**
 * A citation as an OpenAI annotation, or null for one that has no address (a place in a document).
 * @param start offset in the message's content of the text that is backed by it, `end` the offset behind it.
 */
export function urlCitation(citation: JsonObject, start: number, end: number): JsonObject | null {
  const url = asString(citation.url) ?? asString(citation.source);
  if (!url || !/^https?:\/\//i.test(url)) return null;
  const entry: JsonObject = {
    start_index: start,
    end_index: end,
    url,
    title: asString(citation.title) ?? '',
  };
  const quoted = asString(citation.cited_text);
  if (quoted !== undefined) entry.content = quoted;
  return { type: 'url_citation', url_citation: entry };
}

/** Annotations of one text block, and the citations that no annotation can say. */
export function splitCitations(
  citations: readonly Json[],
  start: number,
  end: number,
): { annotations: JsonObject[]; others: JsonObject[] } {
  const annotations: JsonObject[] = [];
  const others: JsonObject[] = [];
  for (const entry of citations) {
    const citation = asObject(entry);
    if (!citation) continue;
    const annotation = urlCitation(citation, start, end);
    if (annotation) annotations.push(annotation);
    else others.push({ ...citation, start_index: start, end_index: end });
  }
  return { annotations, others };
}

/** What the end of an answer says beyond OpenAI's fields, for `provider_data`; empty when nothing. */
export function stopExtras(source: JsonObject, edits: Json | undefined): JsonObject {
  const extras: JsonObject = {};
  for (const name of ['stop_sequence', 'stop_details', 'container'] as const) {
    if (source[name] !== undefined && source[name] !== null) extras[name] = source[name];
  }
  if (asArray(asObject(edits)?.applied_edits).length > 0) extras.context_management = edits;
  return extras;
}

/**
 * What has no place in OpenAI's shape, kept in one field of the message or delta: blocks of the provider's
 * own tools, citations of documents, details of the stop.
 */
export function providerData(extras: JsonObject): JsonObject {
  return { anthropic: extras };
}
