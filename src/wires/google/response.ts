import { GatewayError } from '../../errors.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import type { AnswerMeta, DecodedAnswer, FinishReason, Target } from '../types.ts';
import { Choice, Labels } from './choice.ts';
import { abandoned, errorMember, toError, unreadable } from './error.ts';
import { candidateExtras } from './extras.ts';
import { mapFinishReason, promptRefusal, refusalText } from './finish.ts';
import { annotations } from './grounding.ts';
import { Searches } from './hosted.ts';
import { openaiLogprobs } from './logprobs.ts';
import { Message } from './message.ts';
import { usesLegacyFunctions } from './tools.ts';
import { readUsage, usageObject } from './usage.ts';

/**
 * A GenerateContentResponse (https://ai.google.dev/api/generate-content#generatecontentresponse) as a
 * chat completion.
 * @throws GatewayError for an error object, `upstream_invalid_response` for what is no answer,
 *   `upstream_error` for one that was given up, `upstream_incomplete` for a candidate that has no end.
 */
export function decode(text: string, _target: Target, meta: AnswerMeta): DecodedAnswer {
  const parsed = parseJson(text);
  const error = errorMember(parsed);
  if (error) throw toError(200, error, text);
  const body = asObject(parsed);
  if (!body) throw unreadable(text);

  const labels = new Labels(meta.id, usesLegacyFunctions(meta.request.body()));
  const candidates = asArray(body.candidates).filter(isObject);
  const choices = candidates.map((candidate, index) => decodeCandidate(candidate, index, labels, meta, text));
  const feedback = asObject(body.promptFeedback);
  const blocked = asString(feedback?.blockReason);
  if (choices.length === 0) {
    if (blocked === undefined) throw unreadable(text);
    choices.push(blockedChoice(blocked, asString(feedback?.blockReasonMessage)));
  }
  const usageMetadata = asObject(body.usageMetadata);
  const searches = new Searches();
  for (const candidate of candidates) searches.read(candidate);
  const usage = usageMetadata ? readUsage(usageMetadata, searches.calls) : null;
  const upstreamModel = asString(body.modelVersion) || null;
  return {
    text: JSON.stringify({
      id: meta.id,
      object: 'chat.completion',
      created: meta.created,
      model: upstreamModel ?? meta.model,
      choices: choices.map(({ choice }) => choice),
      ...(usage ? { usage: usageObject(usage) } : {}),
    }),
    usage,
    finishReason: choices[0]?.finish ?? null,
    rawFinishReason: asString(candidates[0]?.finishReason) ?? blocked ?? null,
    upstreamId: asString(body.responseId) ?? null,
    upstreamModel,
  };
}

interface DecodedChoice {
  choice: JsonObject;
  finish: FinishReason;
}

function decodeCandidate(
  candidate: JsonObject,
  position: number,
  labels: Labels,
  meta: AnswerMeta,
  body: string,
): DecodedChoice {
  const reason = asString(candidate.finishReason);
  if (reason === undefined) throw new GatewayError('upstream_incomplete');
  const index = asNumber(candidate.index) ?? position;
  const choice = new Choice(index, labels);
  const message = new Message();
  for (const part of asArray(asObject(candidate.content)?.parts)) {
    const delta = isObject(part) ? choice.part(part) : null;
    if (delta) message.add(delta);
  }
  const finish = mapFinishReason(reason, choice.calls > 0, labels.legacy);
  if (finish === null) throw abandoned(reason, body);
  const found = annotations(candidate, choice.text);
  if (found.length > 0) message.add({ annotations: found });
  const extras = candidateExtras(candidate);
  if (extras) message.add({ provider_data: { google: extras } });
  if (finish === 'content_filter' && !choice.answered) {
    message.add({ refusal: refusalText(reason, asString(candidate.finishMessage)) });
  }
  return {
    finish,
    choice: {
      index,
      message: message.json(meta.created),
      logprobs: openaiLogprobs(candidate.logprobsResult),
      finish_reason: finish,
    },
  };
}

/** The prompt was refused: an answer, as OpenAI gives it, and no error. */
function blockedChoice(reason: string, explanation: string | undefined): DecodedChoice {
  const message = { role: 'assistant', content: null, refusal: promptRefusal(reason, explanation) };
  return {
    finish: 'content_filter',
    choice: { index: 0, message, logprobs: null, finish_reason: 'content_filter' },
  };
}
