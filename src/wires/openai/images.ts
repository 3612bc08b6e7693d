import { GatewayError } from '../../errors.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { patchMembers } from '../../lib/json-members.ts';
import { type FormPart, isFile } from '../../lib/multipart/types.ts';
import { writeMultipart } from '../../lib/multipart/write.ts';
import { countedUsage, uncountedUsage } from '../images.ts';
import { kindPath } from '../path.ts';
import type {
  AnswerMeta,
  Codec,
  DecodedAnswer,
  EncodedForm,
  EncodedRequest,
  ImageQuirk,
  MadeImage,
  PlainRequest,
  PlainStream,
  Target,
  Usage,
} from '../types.ts';
import { tokensIn } from '../usage.ts';
import { Draft } from './draft.ts';
import { inBandError, unreadable } from './error.ts';
import { EventStream } from './event-stream.ts';
import { applyKindQuirk } from './kind-quirk.ts';
import { upstreamCost } from './usage.ts';

/** https://platform.openai.com/docs/api-reference/images: the caller's own bytes. */
export const images: Codec = { encode, decode, stream, streams };

/** These answer with the picture itself, and refuse `response_format`. */
const ALWAYS_BASE64 = /(^|\/)(chatgpt|gpt)-image/;

function encode(request: PlainRequest, target: Target): (EncodedRequest | EncodedForm)[] {
  const quirk = target.quirks.image ?? {};
  const path = kindPath(pathFor(request, quirk), target.upstreamModel, '');
  if (request.form) return [{ path, ...encodeForm(request.form, target, request.stream) }];
  const draft = new Draft(request);
  if (quirk.path?.includes('{model}')) draft.take('model');
  else draft.set('model', JSON.stringify(target.upstreamModel));
  if (!streams(target)) {
    draft.take('stream');
    if (Number(draft.take('partial_images') ?? 0) > 0) draft.dropped.push('partial_images');
  }
  applyKindQuirk(draft, quirk);
  askForBytes(draft, target.upstreamModel, quirk);
  if (quirk.size === 'width_height') sizeAsNumbers(draft);
  return [
    {
      path,
      body: patchMembers(request.bytes, request.members, {
        setText: Object.fromEntries(draft.texts),
        remove: [...draft.removed],
      }),
      dropped: draft.dropped,
    },
  ];
}

/** Edits and variations stand beside generations, at hosts that have a path of their own too. */
function pathFor({ task }: PlainRequest, { path = '/images/generations' }: ImageQuirk): string {
  if (task === 'edit') return path.replace('/generations', '/edits');
  return task === 'variation' ? path.replace('/generations', '/variations') : path;
}

/** OpenAI's own: https://platform.openai.com/docs/guides/image-generation#streaming. */
function streams({ upstreamModel }: Target): boolean {
  return ALWAYS_BASE64.test(upstreamModel);
}

/** The caller's own parts, files as they came. */
function encodeForm(
  form: readonly FormPart[],
  target: Target,
  stream: boolean,
): Pick<EncodedForm, 'body' | 'contentType' | 'dropped'> {
  const { path, rename, drop, format = 'b64_json' } = target.quirks.image ?? {};
  const without = new Set(['response_format', ...(path?.includes('{model}') ? ['model'] : [])]);
  const dropped = new Set<string>();
  const isStreamed = stream && streams(target);
  const parts = form.flatMap((part): FormPart[] => {
    const [, root = '', brackets = ''] = /^([^[]*)(.*)$/.exec(part.name) ?? [];
    const hasNoStream = !isStreamed && (root === 'stream' || root === 'partial_images');
    if (without.has(root) || (hasNoStream && root === 'stream')) return [];
    if (drop?.includes(root) || hasNoStream) {
      dropped.add(root);
      return [];
    }
    if (root === 'model' && !isFile(part)) return [{ ...part, value: target.upstreamModel }];
    return [{ ...part, name: (rename?.[root] ?? root) + brackets }];
  });
  if (!without.has('model') && !parts.some(({ name }) => name === 'model')) {
    parts.push({ name: 'model', value: target.upstreamModel });
  }
  if (format !== 'none' && !ALWAYS_BASE64.test(target.upstreamModel)) {
    parts.push({ name: 'response_format', value: format });
  }
  // Who reads a form as it comes knows all fields then before the files.
  parts.sort((a, b) => Number(isFile(a)) - Number(isFile(b)));
  return { ...writeMultipart(parts), dropped: [...dropped] };
}

/** Pictures on the way, and the last, which comes with the usage. */
function stream(_: Target, __: AnswerMeta<PlainRequest>, contentType: string | null): PlainStream {
  if (!/^text\/event-stream\s*(;|$)/i.test(contentType ?? '')) {
    throw new GatewayError('upstream_invalid_response', { message: 'The provider streams no pictures.' });
  }
  return new EventStream((event, state) => {
    const isLast = asString(event.type)?.endsWith('.completed') === true;
    if (isLast && !asString(event.b64_json)) throw unreadable(JSON.stringify(event));
    if (isLast) state.usage = readUsage(asObject(event.usage), 1);
    return { event, last: isLast };
  });
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
  const [inputs, output] = [tokensIn(raw, 'input_tokens'), tokensIn(raw, 'output_tokens')];
  if (!raw || inputs === undefined || output === undefined) return uncountedUsage(count, cost, raw ?? null);
  const input = asObject(raw.input_tokens_details);
  return countedUsage(
    count,
    {
      input: inputs,
      output,
      inputImages: tokensIn(input, 'image_tokens') ?? 0,
      outputText: tokensIn(asObject(raw.output_tokens_details), 'text_tokens') ?? 0,
      cached: tokensIn(input, 'cached_tokens') ?? 0,
    },
    cost,
    raw,
  );
}
