import { GatewayError } from '../../errors.ts';
import { asArray, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { inputUsage } from '../embeddings.ts';
import type {
  AnswerMeta,
  Codec,
  DecodedAnswer,
  EncodedRequest,
  PlainRequest,
  RequestBody,
  Target,
  Usage,
} from '../types.ts';
import { tokensIn } from '../usage.ts';
import { inBandError, unreadable } from './error.ts';
import { applyKindQuirk, draftFor, encodeDraft } from './kind-quirk.ts';
import { upstreamCost } from './usage.ts';

/** https://platform.openai.com/docs/api-reference/moderations: the caller's own bytes. */
export const moderations: Codec = { encode, decode };

function encode(request: PlainRequest, target: Target): EncodedRequest[] {
  const quirk = target.quirks.moderation ?? {};
  if (quirk.input === 'text' && hasParts(request.body())) {
    throw new GatewayError('unsupported_parameter', {
      param: 'input',
      message: 'input must be text: the provider of this model takes no list of parts.',
    });
  }
  const draft = draftFor(request, target, quirk);
  applyKindQuirk(draft, quirk);
  return [encodeDraft(draft, request, target, quirk, '/moderations')];
}

/** Texts and pictures that belong together, and have one result. */
function hasParts({ input }: RequestBody): boolean {
  return Array.isArray(input) && typeof input[0] === 'object';
}

function decode([text = '']: readonly string[], _: Target, meta: AnswerMeta<PlainRequest>): DecodedAnswer {
  const body = asObject(parseJson(text));
  if (!body) throw unreadable(text);
  const error = body.error ?? (body.object === 'error' ? body : undefined);
  if (error !== undefined && error !== null) throw inBandError(error, text);
  const asked = meta.request.body();
  const results = asArray(body.results).map((result) => resultOf(asObject(result)));
  const expected = Array.isArray(asked.input) && !hasParts(asked) ? asked.input.length : 1;
  if (results.length !== expected || results.some((result) => !result)) throw unreadable(text);
  const upstreamModel = asString(body.model) || null;
  return {
    text: JSON.stringify({ ...body, id: meta.id, model: upstreamModel ?? meta.model, results }),
    usage: readUsage(asObject(body.usage)),
    finishReason: null,
    rawFinishReason: null,
    upstreamId: asString(body.id) ?? null,
    upstreamModel,
  };
}

/** Some hosts have categories of their own and no `flagged`, which is whether any of them holds. */
function resultOf(result: JsonObject | undefined): JsonObject | null {
  const categories = asObject(result?.categories);
  if (!result || !categories || !asObject(result.category_scores)) return null;
  if (typeof result.flagged === 'boolean') return result;
  return { ...result, flagged: Object.values(categories).includes(true) };
}

/** Null where the host counts nothing, as OpenAI does not. */
function readUsage(raw: JsonObject | undefined): Usage | null {
  const tokens = tokensIn(raw, 'prompt_tokens') ?? tokensIn(raw, 'total_tokens');
  return raw && tokens !== undefined ? inputUsage(tokens, raw, upstreamCost(raw)) : null;
}
