import { asArray, asNumber, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import {
  divided,
  type EmbeddedPart,
  inputUsage,
  isVector,
  joinEmbedded,
  READ,
  textsOf,
} from '../embeddings.ts';
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
import { errorMember, toError, unreadable } from './error.ts';
import { resource } from './resource.ts';

/** Embeddings as `batchEmbedContents` (https://ai.google.dev/api/embeddings#method:-models.batchembedcontents). */
export const embeddings: Codec = { encode, decode };

/** Fields of the API's own, in either spelling. */
const NATIVE: Readonly<Record<string, string>> = {
  taskType: 'taskType',
  task_type: 'taskType',
  title: 'title',
};

function encode(request: PlainRequest, { upstreamModel, quirks }: Target): EncodedRequest[] {
  const body = request.body();
  const model = resource(upstreamModel);
  const each: JsonObject = {};
  const dimensions = asNumber(body.dimensions);
  if (dimensions !== undefined) each.outputDimensionality = dimensions;
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (READ.has(name) || value === null || value === undefined) continue;
    const native = NATIVE[name];
    if (native) each[native] = value;
    else dropped.push(name);
  }
  return divided(textsOf(body), quirks.embedding).map((texts) => ({
    path: `/${model}:batchEmbedContents`,
    body: JSON.stringify({
      requests: texts.map((text) => ({
        model: decodeURIComponent(model),
        content: { parts: [{ text }] },
        ...each,
      })),
    }),
    dropped,
  }));
}

function decode(bodies: readonly string[], target: Target, meta: AnswerMeta<PlainRequest>): DecodedAnswer {
  return joinEmbedded(bodies, target, meta, readPart);
}

function readPart(text: string, size: number): EmbeddedPart {
  const parsed = parseJson(text);
  const error = errorMember(parsed);
  if (error) throw toError(200, error, text);
  const body = asObject(parsed);
  if (!body) throw unreadable(text);
  const vectors = asArray(body.embeddings).map((embedding) => {
    const { values } = asObject(embedding) ?? {};
    if (!isVector(values)) throw unreadable(text);
    return values;
  });
  if (vectors.length !== size) throw unreadable(text);
  return { vectors, usage: readUsage(asObject(body.usageMetadata)) };
}

/** Newer models count (https://ai.google.dev/api/embeddings#EmbeddingUsageMetadata), older ones say nothing. */
function readUsage(raw: JsonObject | undefined): Usage | null {
  const tokens = tokensIn(raw, 'promptTokenCount');
  if (!raw || tokens === undefined) return null;
  const details = asArray(raw.promptTokenDetails).map((detail) => asObject(detail) ?? {});
  const ofImages = details.find((detail) => asString(detail.modality) === 'IMAGE');
  return { ...inputUsage(tokens, raw), inputImageTokens: asNumber(ofImages?.tokenCount) ?? 0 };
}
