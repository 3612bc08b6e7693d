import { asArray, asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { patchMembers } from '../../lib/json-members.ts';
import {
  divided,
  formatOf,
  inputsOf,
  inputUsage,
  isVector,
  joinedUsage,
  usageObject,
  type Vector,
  type VectorFormat,
  writeEmbeddings,
} from '../embeddings.ts';
import { kindPath } from '../path.ts';
import type {
  AnswerMeta,
  Codec,
  DecodedAnswer,
  EncodedRequest,
  PlainRequest,
  Target,
  Usage,
} from '../types.ts';
import { tokensIn } from '../usage.ts';
import { Draft } from './draft.ts';
import { inBandError, unreadable } from './error.ts';
import { applyKindQuirk } from './kind-quirk.ts';
import { upstreamCost } from './usage.ts';

/** https://platform.openai.com/docs/api-reference/embeddings: the caller's own bytes, divided where there are too many inputs. */
export const embeddings: Codec = { encode, decode };

function encode(request: PlainRequest, target: Target): EncodedRequest[] {
  const quirk = target.quirks.embedding ?? {};
  const draft = new Draft(request);
  const path = kindPath(quirk.path, target.upstreamModel, '/embeddings');
  if (quirk.path?.includes('{model}')) draft.take('model');
  else draft.set('model', JSON.stringify(target.upstreamModel));
  applyKindQuirk(draft, quirk);
  const format = formatOf(request.body());
  if (quirk.formats && !quirk.formats.includes(format)) draft.take('encoding_format');
  const parts = divided(inputsOf(request.body()), quirk);
  return parts.map((part) => {
    if (parts.length > 1) draft.set('input', JSON.stringify(part));
    return {
      path,
      body: patchMembers(request.bytes, request.members, {
        setText: Object.fromEntries(draft.texts),
        remove: [...draft.removed],
      }),
      dropped: draft.dropped,
    };
  });
}

/** What one request was answered. */
interface Part {
  text: string;
  body: JsonObject;
  vectors: Vector[];
  usage: Usage | null;
}

function decode(bodies: readonly string[], target: Target, meta: AnswerMeta<PlainRequest>): DecodedAnswer {
  const body = meta.request.body();
  const sizes = divided(inputsOf(body), target.quirks.embedding).map((part) => part.length);
  const parts = bodies.map((text, index) => readPart(text, sizes[index] ?? 0));
  const [first] = parts;
  if (!first) throw unreadable('');
  const format = formatOf(body);
  const usage = joinedUsage(parts.map((part) => part.usage));
  const upstreamModel = asString(first.body.model) || null;
  const asItIs = parts.length === 1 && isRegular(first.body, format);
  return {
    text: asItIs
      ? first.text
      : writeEmbeddings(
          parts.flatMap((part) => part.vectors),
          format,
          upstreamModel ?? meta.model,
          usageObject(usage),
        ),
    usage,
    finishReason: null,
    rawFinishReason: null,
    upstreamId: asString(first.body.id) ?? null,
    upstreamModel,
  };
}

function readPart(text: string, size: number): Part {
  const body = asObject(parseJson(text));
  if (!body) throw unreadable(text);
  const error = body.error ?? (body.object === 'error' ? body : undefined);
  if (error !== undefined && error !== null) throw inBandError(error, text);
  const vectors: Vector[] = [];
  for (const [place, item] of asArray(body.data).entries()) {
    const { index, embedding } = asObject(item) ?? {};
    if (!isVector(embedding)) throw unreadable(text);
    vectors[asNumber(index) ?? place] = embedding;
  }
  // Who answers with fewer, more or twice the same has mixed up what belongs to what.
  if (vectors.length !== size || asArray(body.data).length !== size) throw unreadable(text);
  if (!Array.from(vectors).every((vector) => vector !== undefined)) throw unreadable(text);
  return { text, body, vectors, usage: readUsage(asObject(body.usage)) };
}

function readUsage(raw: JsonObject | undefined): Usage | null {
  const tokens = tokensIn(raw, 'prompt_tokens') ?? tokensIn(raw, 'total_tokens');
  return raw && tokens !== undefined ? inputUsage(tokens, raw, upstreamCost(raw)) : null;
}

/** Whether an answer can go to the client as it came. */
function isRegular(body: JsonObject, format: VectorFormat): boolean {
  const usage = asObject(body.usage);
  return (
    body.object === 'list' &&
    typeof body.model === 'string' &&
    asNumber(usage?.prompt_tokens) !== undefined &&
    asNumber(usage?.total_tokens) !== undefined &&
    asArray(body.data).every((item, place) => {
      const { object, index, embedding } = asObject(item) ?? {};
      return (
        object === 'embedding' && index === place && (typeof embedding === 'string') === (format === 'base64')
      );
    })
  );
}
