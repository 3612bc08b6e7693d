import { GatewayError } from '../../errors.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import { isFile } from '../../lib/multipart/types.ts';
import { uncountedUsage } from '../images.ts';
import type {
  AnswerMeta,
  Codec,
  DecodedAnswer,
  EncodedRequest,
  MadeImage,
  PlainRequest,
  Target,
} from '../types.ts';
import { Dropped } from './dropped.ts';
import { errorMember, toError, unreadable } from './error.ts';
import { isFiltered, promptRefusal, refusalText } from './finish.ts';
import { inlineData, mediaPart } from './media.ts';
import { resource } from './resource.ts';
import { readUsage } from './usage.ts';

/**
 * Pictures. Imagen has `predict` (https://ai.google.dev/gemini-api/docs/imagen#imagen-configuration), Gemini's
 * models that draw have `generateContent` (https://ai.google.dev/gemini-api/docs/image-generation).
 */
export const images: Codec = { encode, decode, streams: () => false };

const IMAGEN = /(^|\/)imagen-/;

/** Members that are said elsewhere, or mean nothing here. */
const READ = new Set([
  'model',
  'prompt',
  'n',
  'size',
  'response_format',
  'stream',
  'aspect_ratio',
  'images',
  'mask',
]);

/** The shapes that both take; each is named by its sides. */
const RATIOS = [
  [1, 1],
  [3, 4],
  [4, 3],
  [9, 16],
  [16, 9],
] as const;

/** Sides that are within this of a shape have it. */
const NEAR = 0.02;

function encode(request: PlainRequest, { upstreamModel }: Target): EncodedRequest[] {
  const body = request.body();
  checkTask(request, upstreamModel);
  const dropped = new Dropped();
  for (const [name, value] of Object.entries(body)) {
    if (!READ.has(name) && value !== null && value !== undefined) dropped.add(name);
  }
  const count = asNumber(body.n) ?? 1;
  const aspectRatio = asString(body.aspect_ratio) ?? ratioOf(asString(body.size), dropped);
  const shape: JsonObject = aspectRatio === undefined ? {} : { aspectRatio };
  const model = resource(upstreamModel);
  if (IMAGEN.test(upstreamModel)) {
    const parameters = { sampleCount: count, ...shape };
    return [
      {
        path: `/${model}:predict`,
        body: JSON.stringify({ instances: [{ prompt: body.prompt }], parameters }),
        dropped: dropped.list(),
      },
    ];
  }
  const config: JsonObject = { responseModalities: ['IMAGE'] };
  if (aspectRatio !== undefined) config.imageConfig = shape;
  const one = JSON.stringify({
    contents: [{ role: 'user', parts: [...given(request), { text: body.prompt }] }],
    generationConfig: config,
  });
  // One answer has one picture: several are several requests.
  return Array.from({ length: count }, () => ({
    path: `/${model}:generateContent`,
    body: one,
    dropped: dropped.list(),
  }));
}

/** @throws GatewayError `unsupported_parameter` for what these models cannot be asked for. */
function checkTask({ task, form = [], body }: PlainRequest, model: string): void {
  const asks = (name: string): boolean =>
    form.some((part) => part.name === name) || (body()[name] ?? null) !== null;
  const refused =
    task === 'variation' || (task === 'edit' && IMAGEN.test(model))
      ? { param: 'model', message: `${model} makes pictures by words alone.` }
      : task === 'edit' && (asks('mask') || asks('markup'))
        ? {
            param: asks('mask') ? 'mask' : 'markup',
            message: `${model} takes no masks: say what is to be edited.`,
          }
        : null;
  if (refused) throw new GatewayError('unsupported_parameter', refused);
}

/** The pictures that are to be edited. */
function given({ form, body }: PlainRequest): JsonObject[] {
  const files = (form ?? []).filter(isFile).map(({ type, bytes }) => {
    const mimeType = type?.startsWith('image/') ? type : 'image/png';
    return inlineData(mimeType, Buffer.from(bytes).toString('base64'));
  });
  const named = asArray(body().images).map((image, index) =>
    mediaPart(asString(asObject(image)?.image_url) ?? '', `images[${index}].image_url`),
  );
  return [...files, ...named];
}

/** `1024x1024` → `1:1`; a size of no known shape is dropped. */
function ratioOf(size: string | undefined, dropped: Dropped): string | undefined {
  if (size === undefined || size === 'auto') return undefined;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? [];
  const ratio = Number(width) / Number(height);
  const found = RATIOS.find(([w, h]) => Math.abs(ratio / (w / h) - 1) < NEAR);
  if (found) return found.join(':');
  dropped.add('size');
  return undefined;
}

function decode(
  bodies: readonly string[],
  { upstreamModel }: Target,
  meta: AnswerMeta<PlainRequest>,
): DecodedAnswer {
  const read = IMAGEN.test(upstreamModel) ? predicted : generated;
  const parts = bodies.map((text) => {
    const parsed = parseJson(text);
    const error = errorMember(parsed);
    if (error) throw toError(200, error, text);
    const body = asObject(parsed);
    if (!body) throw unreadable(text);
    const found = read(body);
    if (found.length === 0) throw refusalOf(body) ?? unreadable(text);
    return { body, found };
  });
  const made = parts.flatMap(({ found }) => found);
  const { body: first } = parts[0] ?? {};
  return {
    text: JSON.stringify({ created: meta.created }),
    images: made,
    usage: usageOf(
      parts.map(({ body }) => asObject(body.usageMetadata)),
      made.length,
    ),
    finishReason: null,
    rawFinishReason: null,
    upstreamId: asString(first?.responseId) ?? null,
    upstreamModel: asString(first?.modelVersion) ?? null,
  };
}

/** Why there is no picture, where the host refused it. */
function refusalOf(body: JsonObject): GatewayError | null {
  const feedback = asObject(body.promptFeedback);
  const blocked = asString(feedback?.blockReason);
  const candidate = asObject(asArray(body.candidates)[0]);
  const reason = asString(candidate?.finishReason) ?? '';
  const filtered = asString(asObject(asArray(body.predictions)[0])?.raiFilteredReason);
  const message =
    blocked !== undefined
      ? promptRefusal(blocked, asString(feedback?.blockReasonMessage))
      : isFiltered(reason)
        ? refusalText(reason, asString(candidate?.finishMessage))
        : filtered;
  return message === undefined ? null : new GatewayError('content_filter', { message });
}

/** `predictions` of Imagen. */
function predicted(body: JsonObject): MadeImage[] {
  return asArray(body.predictions).flatMap((prediction) => {
    const base64 = asString(asObject(prediction)?.bytesBase64Encoded);
    return base64 ? [{ base64, url: null, more: {} }] : [];
  });
}

/** Pictures among the parts of a candidate; those of its thoughts are drafts. */
function generated(body: JsonObject): MadeImage[] {
  return asArray(body.candidates).flatMap((candidate) =>
    asArray(asObject(asObject(candidate)?.content)?.parts).flatMap((given) => {
      const part = asObject(given);
      const base64 = asString(asObject(part?.inlineData)?.data);
      return base64 && part?.thought !== true ? [{ base64, url: null, more: {} }] : [];
    }),
  );
}

function usageOf(all: readonly (JsonObject | undefined)[], images: number): DecodedAnswer['usage'] {
  const [first, ...others] = all.map((raw) => (raw ? readUsage(raw) : null));
  if (!first || others.includes(null)) return uncountedUsage(images, null, null);
  const usage = { ...first, images };
  for (const other of others) {
    if (!other) continue;
    usage.inputTokens += other.inputTokens;
    usage.outputTokens += other.outputTokens;
    usage.cachedInputTokens += other.cachedInputTokens;
    usage.reasoningTokens += other.reasoningTokens;
    usage.inputImageTokens += other.inputImageTokens;
    usage.outputImageTokens += other.outputImageTokens;
  }
  return others.length === 0 ? usage : { ...usage, raw: all.map((raw) => raw ?? null) };
}
