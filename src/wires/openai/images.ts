import { asArray, asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { patchMembers } from '../../lib/json-members.ts';
import { countedUsage, uncountedUsage } from '../images.ts';
import { kindPath } from '../path.ts';
import type {
  AnswerMeta,
  Codec,
  DecodedAnswer,
  EncodedRequest,
  ImageQuirk,
  MadeImage,
  PlainRequest,
  Target,
  Usage,
} from '../types.ts';
import { Draft } from './draft.ts';
import { inBandError, unreadable } from './error.ts';
import { applyKindQuirk } from './kind-quirk.ts';
import { upstreamCost } from './usage.ts';

/** https://platform.openai.com/docs/api-reference/images/create: the caller's own bytes. */
export const images: Codec = { encode, decode };

/** These answer with the picture itself, and refuse `response_format`. */
const ALWAYS_BASE64 = /(^|\/)(chatgpt|gpt)-image/;

function encode(request: PlainRequest, target: Target): EncodedRequest[] {
  const quirk = target.quirks.image ?? {};
  const draft = new Draft(request);
  if (quirk.path?.includes('{model}')) draft.take('model');
  else draft.set('model', JSON.stringify(target.upstreamModel));
  applyKindQuirk(draft, quirk);
  askForBytes(draft, target.upstreamModel, quirk);
  if (quirk.size === 'width_height') sizeAsNumbers(draft);
  return [
    {
      path: kindPath(quirk.path, target.upstreamModel, '/images/generations'),
      body: patchMembers(request.bytes, request.members, {
        setText: Object.fromEntries(draft.texts),
        remove: [...draft.removed],
      }),
      dropped: draft.dropped,
    },
  ];
}

/** What the client gets is made of the picture itself, whichever form it asked for. */
function askForBytes(draft: Draft, model: string, { format = 'b64_json' }: ImageQuirk): void {
  if (format === 'none' || ALWAYS_BASE64.test(model)) draft.take('response_format');
  else draft.set('response_format', JSON.stringify(format));
}

/** `1024x768` as two members; other words say nothing of a size. */
function sizeAsNumbers(draft: Draft): void {
  const size = asString(parseJson(draft.take('size') ?? 'null'));
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size ?? '') ?? [];
  if (width !== undefined && height !== undefined) {
    draft.set('width', width, 'size');
    draft.set('height', height, 'size');
  } else if (size !== undefined && size !== 'auto') draft.dropped.push('size');
}

function decode(bodies: readonly string[], _target: Target, meta: AnswerMeta<PlainRequest>): DecodedAnswer {
  const text = bodies[0] ?? '';
  const body = asObject(parseJson(text));
  if (!body) throw unreadable(text);
  const error = body.error ?? (body.object === 'error' ? body : undefined);
  if (error !== undefined && error !== null) throw inBandError(error, text);
  const made = asArray(body.data).map((item) => imageOf(asObject(item)));
  if (made.length === 0 || made.some((image) => !image)) throw unreadable(text);
  const { data: _data, ...rest } = body;
  return {
    text: JSON.stringify({ ...rest, created: asNumber(body.created) ?? meta.created }),
    images: made.flatMap((image) => image ?? []),
    usage: readUsage(asObject(body.usage), made.length),
    finishReason: null,
    rawFinishReason: null,
    upstreamId: asString(body.id) ?? null,
    upstreamModel: asString(body.model) ?? null,
  };
}

function imageOf(item: JsonObject | undefined): MadeImage | null {
  const { b64_json: given, url: address, ...more } = item ?? {};
  // Some hosts send a data URL where OpenAI sends base64 alone.
  const base64 = asString(given)?.replace(/^data:[^,]*,/, '') || null;
  const url = asString(address) || null;
  return base64 === null && url === null ? null : { base64, url, more };
}

/** Tokens where the model is billed by them: `input_tokens` of text and images, and `output_tokens` of the pictures. */
function readUsage(raw: JsonObject | undefined, count: number): Usage {
  const cost = raw ? upstreamCost(raw) : null;
  const output = asNumber(raw?.output_tokens);
  if (!raw || output === undefined) return uncountedUsage(count, cost, raw ?? null);
  const input = asObject(raw.input_tokens_details) ?? {};
  const outputDetails = asObject(raw.output_tokens_details) ?? {};
  return countedUsage(
    count,
    {
      input: asNumber(raw.input_tokens) ?? 0,
      output,
      inputImages: asNumber(input.image_tokens) ?? 0,
      outputText: asNumber(outputDetails.text_tokens) ?? 0,
      cached: asNumber(input.cached_tokens) ?? 0,
    },
    cost,
    raw,
  );
}
