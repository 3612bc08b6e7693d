import { GatewayError } from '../../errors.ts';
import { asArray, asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';
import type { DecodedAnswer } from '../../wires/types.ts';
import type { ImageCall } from './request.ts';
import { writeImages } from './write.ts';

/** How base64 of these formats begins. */
const FORMATS: readonly (readonly [start: string, format: string])[] = [
  ['iVBOR', 'png'],
  ['/9j/', 'jpeg'],
  ['UklGR', 'webp'],
];

/**
 * A picture that came whole as the stream that was asked for: its one last event
 * (https://platform.openai.com/docs/api-reference/images-streaming). Usage is in it where it is known.
 * @throws GatewayError as `writeImages`.
 */
export async function writeImageEvent(
  call: ImageCall,
  answer: DecodedAnswer,
  origin: string,
): Promise<{ body: string; contentType: string }> {
  const written = asObject(parseJson(await writeImages(call, answer, 'b64_json', origin))) ?? {};
  const { data, created, usage, ...said } = written;
  const picture = asString(asObject(asArray(data)[0])?.b64_json);
  if (!picture) throw new GatewayError('upstream_invalid_response');
  const { request } = call;
  const asked = request.body();
  const named = (name: string, other: string): string =>
    asString(said[name]) ?? asString(asked[name]) ?? other;
  const kind = request.task === 'edit' ? 'image_edit' : 'image_generation';
  const event: JsonObject = {
    type: `${kind}.completed`,
    b64_json: picture,
    created_at: created ?? Math.floor(call.startedAt / 1000),
    size: named('size', 'auto'),
    quality: named('quality', 'auto'),
    background: named('background', 'auto'),
    output_format: FORMATS.find(([start]) => picture.startsWith(start))?.[1] ?? named('output_format', 'png'),
    ...(usage ? { usage } : {}),
    generation_id: call.generationId,
  };
  const body = `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`;
  return { body, contentType: 'text/event-stream; charset=utf-8' };
}
