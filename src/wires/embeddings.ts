import { GatewayError } from '../errors.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import type {
  AnswerMeta,
  DecodedAnswer,
  EmbeddingQuirk,
  PlainRequest,
  RequestBody,
  Target,
  Usage,
} from './types.ts';
import { NO_USAGE } from './usage.ts';

/** One thing to embed: a text, or its tokens. */
export type EmbeddingInput = string | number[];

/** A vector as hosts give it: numbers, or 32-bit floats, little endian, in base64. */
export type Vector = readonly number[] | string;

export type VectorFormat = 'float' | 'base64';

/** The inputs of a request: a text, tokens, or a list of either (https://platform.openai.com/docs/api-reference/embeddings/create). */
export function inputsOf({ input }: RequestBody): EmbeddingInput[] {
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input)) return [];
  return typeof input[0] === 'number' ? [input as number[]] : (input as EmbeddingInput[]);
}

/** The texts of a request, for hosts that take nothing else. @throws GatewayError `unsupported_parameter`. */
export function textsOf(body: RequestBody): string[] {
  return inputsOf(body).map((input) => {
    if (typeof input === 'string') return input;
    throw new GatewayError('unsupported_parameter', {
      param: 'input',
      message: 'input must be text: the provider of this model takes no tokens.',
    });
  });
}

/** How the caller wants vectors written. */
export function formatOf({ encoding_format: format }: RequestBody): VectorFormat {
  return format === 'base64' ? 'base64' : 'float';
}

/** UTF-8 bytes per token: fewer than texts have, so that the estimate is rather too high. */
const BYTES_PER_TOKEN = 3;

/** Inputs in as few parts as the host's limits allow, in their order. */
export function divided<Input extends EmbeddingInput>(
  inputs: readonly Input[],
  { batch = Infinity, batchTokens = Infinity }: EmbeddingQuirk = {},
): Input[][] {
  if (inputs.length <= batch && batchTokens === Infinity) return [[...inputs]];
  const parts: Input[][] = [];
  let part: Input[] = [];
  let tokens = 0;
  for (const input of inputs) {
    const size = typeof input === 'string' ? Math.ceil(utf8Length(input) / BYTES_PER_TOKEN) : input.length;
    if (part.length > 0 && (part.length >= batch || tokens + size > batchTokens)) {
      parts.push(part);
      part = [];
      tokens = 0;
    }
    part.push(input);
    tokens += size;
  }
  parts.push(part);
  return parts;
}

function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

/** The answer in OpenAI's shape, each vector as it is wanted. @param usage in OpenAI's shape, where it is known. */
export function writeEmbeddings(
  vectors: readonly Vector[],
  format: VectorFormat,
  model: string,
  usage: JsonObject | null,
): string {
  const data = vectors.map(
    (vector, index) => `{"object":"embedding","index":${index},"embedding":${write(vector, format)}}`,
  );
  const rest = usage ? `,"usage":${JSON.stringify(usage)}` : '';
  return `{"object":"list","data":[${data.join(',')}],"model":${JSON.stringify(model)}${rest}}`;
}

function write(vector: Vector, format: VectorFormat): string {
  if (format === 'base64') return `"${typeof vector === 'string' ? vector : toBase64(vector)}"`;
  return JSON.stringify(typeof vector === 'string' ? toFloats(vector) : vector);
}

/** 32-bit floats, little endian, in base64. */
export function toBase64(values: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) view.setFloat32(index * 4, value, true);
  return Buffer.from(view.buffer).toString('base64');
}

/** The numbers that `toBase64` wrote. */
export function toFloats(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength >> 2 }, (_, index) => view.getFloat32(index * 4, true));
}

/** Whether a value is a vector in either form. */
export function isVector(value: Json | undefined): value is number[] | string {
  if (typeof value === 'string') return value !== '';
  return Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number');
}

/** Usage that counts input alone. */
export function inputUsage(inputTokens: number, raw: Json, upstreamCostUsd: number | null = null): Usage {
  return { ...NO_USAGE, inputTokens, upstreamCostUsd, raw };
}

/** Usage of a request whose host counts no tokens. */
export function uncountedInput(raw: Json, upstreamCostUsd: number | null = null): Usage {
  return { ...inputUsage(0, raw, upstreamCostUsd), uncounted: true };
}

/** The usage of all parts of an answer; null when that of one is not known. */
export function joinedUsage(parts: readonly (Usage | null)[]): Usage | null {
  const [first] = parts;
  if (parts.length === 1) return first ?? null;
  let tokens = 0;
  let images = 0;
  let cost: number | null = 0;
  for (const part of parts) {
    if (!part) return null;
    tokens += part.inputTokens;
    images += part.inputImageTokens;
    cost = cost === null || part.upstreamCostUsd === null ? null : cost + part.upstreamCostUsd;
  }
  const raw = parts.map((part) => part?.raw ?? null);
  return { ...inputUsage(tokens, raw, cost), inputImageTokens: images };
}

/** Usage as OpenAI's embeddings have it. */
export function usageObject(usage: Usage | null): JsonObject | null {
  return usage && { prompt_tokens: usage.inputTokens, total_tokens: usage.inputTokens };
}

/** Members of a request that a codec of texts says elsewhere, or that mean nothing to it. */
export const READ: ReadonlySet<string> = new Set([
  'model',
  'input',
  'dimensions',
  'encoding_format',
  'stream',
]);

/** The answer to one of the requests that one was divided into. */
export interface EmbeddedPart {
  /** The provider's own id of it, where it has one. */
  id?: string | null;
  vectors: Vector[];
  usage: Usage | null;
}

/**
 * The answer to a request of texts, of the parts that it was divided into.
 * @param read one of them, which has to hold so many vectors.
 * @throws GatewayError as `read`.
 */
export function joinEmbedded(
  bodies: readonly string[],
  target: Target,
  { model, request }: AnswerMeta<PlainRequest>,
  read: (body: string, size: number) => EmbeddedPart,
): DecodedAnswer {
  const asked = request.body();
  const sizes = divided(textsOf(asked), target.quirks.embedding).map((part) => part.length);
  const parts = bodies.map((body, index) => read(body, sizes[index] ?? 0));
  const usage = joinedUsage(parts.map((part) => part.usage));
  const vectors = parts.flatMap((part) => part.vectors);
  return {
    text: writeEmbeddings(vectors, formatOf(asked), model, usageObject(usage)),
    usage,
    finishReason: null,
    rawFinishReason: null,
    upstreamId: parts[0]?.id ?? null,
    upstreamModel: null,
  };
}
