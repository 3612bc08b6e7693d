import { asObject, asString, type Json, parseJson } from '../../lib/json.ts';
import { invalidRequest, unknownModel } from './error.ts';
import { hashOf } from './hash.ts';
import { encodePng } from './png.ts';

const MODEL = 'demo-image';
const MOST_IMAGES = 10;
const USUAL_SIZE = 64;
const MOST_SIZE = 512;

/** POST /v1/images/generations: a pattern of squares, by the prompt. */
export async function draw(body: string): Promise<Response> {
  const asked = asObject(parseJson(body)) ?? {};
  const prompt = asString(asked.prompt);
  if (!prompt) throw invalidRequest("Missing required parameter: 'prompt'.", 'prompt');
  return await drawn(prompt, asString(asked.model), asked.n ?? 1, asString(asked.size));
}

/** POST /v1/images/edits and /v1/images/variations: another pattern for every picture that is given, and every prompt. */
export async function redraw(request: Request): Promise<Response> {
  const type = request.headers.get('content-type') ?? '';
  if (!type.startsWith('multipart/')) {
    const asked = asObject(parseJson(await request.text())) ?? {};
    const seed = `${asString(asked.prompt) ?? ''}\n${JSON.stringify(asked.images ?? null)}`;
    return await drawn(seed, asString(asked.model), asked.n ?? 1, asString(asked.size));
  }
  const form = await request.formData();
  const field = (name: string): string | undefined => {
    const value = form.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  let seed = field('prompt') ?? '';
  for (const value of [...form.getAll('image'), ...form.getAll('image[]')]) {
    if (typeof value === 'string') throw invalidRequest("Invalid 'image': a file.", 'image', 'invalid_type');
    seed += `\n${Buffer.from(await value.arrayBuffer()).toString('base64')}`;
  }
  return await drawn(seed, field('model'), Number(field('n') ?? 1), field('size'));
}

async function drawn(
  seed: string,
  model: string | undefined,
  n: Json,
  size: string | undefined,
): Promise<Response> {
  if (model !== MODEL) throw unknownModel(model ?? '');
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 1 || n > MOST_IMAGES) {
    throw invalidRequest(`Invalid 'n': from 1 to ${MOST_IMAGES}.`, 'n');
  }
  const [width, height] = sizeOf(size);
  const data = [];
  for (let index = 0; index < n; index++) {
    const png = await encodePng(width, height, pattern(hashOf(`${seed}\n${index}`), width, height));
    data.push({ b64_json: Buffer.from(png).toString('base64') });
  }
  return Response.json({ created: Math.floor(Date.now() / 1000), data });
}

/** `256x256`; `auto` is the usual. */
function sizeOf(size: string | undefined): [width: number, height: number] {
  if (size === undefined || size === 'auto') return [USUAL_SIZE, USUAL_SIZE];
  const [, width = '', height = ''] = /^(\d{1,4})x(\d{1,4})$/.exec(size) ?? [];
  const sides: [number, number] = [Number(width), Number(height)];
  if (sides.some((side) => side < 1 || side > MOST_SIZE)) {
    throw invalidRequest(`Invalid 'size': up to ${MOST_SIZE}x${MOST_SIZE}.`, 'size');
  }
  return sides;
}

/** Squares of two colours, eight by eight, the left half mirrored. */
function pattern(seed: number, width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  const light = [128 + (seed & 127), 128 + ((seed >>> 7) & 127), 128 + ((seed >>> 14) & 127)];
  const dark = [(seed >>> 3) & 127, (seed >>> 10) & 127, (seed >>> 17) & 127];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x * 8) / width);
      const row = Math.floor((y * 8) / height);
      const bit = Math.min(column, 7 - column) + row * 4;
      pixels.set((seed >>> bit) & 1 ? light : dark, (y * width + x) * 3);
    }
  }
  return pixels;
}
