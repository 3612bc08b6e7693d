import { GatewayError } from '../../errors.ts';
import { asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { mapConcurrently } from '../../lib/map-concurrently.ts';
import type { DecodedAnswer, MadeImage } from '../../wires/types.ts';
import type { Call } from '../types.ts';
import { fetchImage } from './fetch.ts';
import { keepImage } from './files.ts';
import type { ImageFormat } from './request.ts';

const AT_A_TIME = 2;

/**
 * Writes pictures as the client wants them, whatever the provider gave: a picture's own address is never passed on,
 * it is fetched; who wants a link gets one to a copy kept here.
 * @param origin of this gateway.
 * @throws GatewayError `upstream_invalid_response`, `storage_unavailable`.
 */
export async function writeImages(
  call: Call,
  { text, images = [] }: DecodedAnswer,
  format: ImageFormat,
  origin: string,
): Promise<string> {
  const numbered = images.map((image, index) => ({ image, name: `${call.generationId}-${index}` }));
  const data = await mapConcurrently(numbered, AT_A_TIME, async ({ image, name }): Promise<JsonObject> => {
    const wanted = format ?? (image.base64 === null ? 'url' : 'b64_json');
    if (wanted === 'b64_json') {
      const base64 = image.base64 ?? Buffer.from(await bytesOf(call, image)).toString('base64');
      return { ...image.more, b64_json: base64 };
    }
    const bytes = await bytesOf(call, image);
    const { env, caller } = call;
    const url = await keepImage(env, linkKey(call), caller.workspaceId, name, bytes, origin);
    return { ...image.more, url };
  });
  return JSON.stringify({ ...asObject(parseJson(text)), data });
}

/** What links are signed with. @throws GatewayError `storage_unavailable` where there is none. */
export function linkKey({ config }: Pick<Call, 'config'>): string {
  if (config.encryptionKey !== null) return config.encryptionKey;
  throw new GatewayError('storage_unavailable', {
    message: 'This deployment keeps no pictures: ask for them with response_format "b64_json".',
  });
}

async function bytesOf({ config, signal }: Call, { base64, url }: MadeImage): Promise<Uint8Array> {
  if (base64 !== null) return Buffer.from(base64, 'base64');
  return await fetchImage(url ?? '', config.local, signal);
}
