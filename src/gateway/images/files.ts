import type { Config, Env } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { checkLink, LINK_SECONDS, signLink } from './link.ts';

/** The first bytes of the formats that pictures come in, and what else these are called. */
const FORMATS: readonly { type: string; extension: string; starts: readonly number[]; at?: number }[] = [
  { type: 'image/png', extension: 'png', starts: [0x89, 0x50, 0x4e, 0x47] },
  { type: 'image/jpeg', extension: 'jpg', starts: [0xff, 0xd8, 0xff] },
  { type: 'image/gif', extension: 'gif', starts: [0x47, 0x49, 0x46, 0x38] },
  // RIFF, four bytes of length, WEBP.
  { type: 'image/webp', extension: 'webp', starts: [0x57, 0x45, 0x42, 0x50], at: 8 },
];
const UNKNOWN = { type: 'application/octet-stream', extension: 'bin' };

/** What files are called; the workspace comes first in the key of each. */
const SAFE = /^[\w-]{1,100}(\.[a-z]{1,5})?$/;

/** Where links to pictures lead. */
export const IMAGE_FILES_PATH = '/v1/images/files';

/**
 * Keeps a picture under its workspace, and answers a link to it that holds for an hour.
 * @param name without extension.
 * @param origin of this gateway.
 * @throws GatewayError `storage_unavailable`.
 */
export async function keepImage(
  env: Env,
  encryptionKey: string,
  workspaceId: string,
  name: string,
  bytes: Uint8Array,
  origin: string,
): Promise<string> {
  const { type, extension } = formatOf(bytes);
  const file = `${name}.${extension}`;
  const key = keyOf(workspaceId, file);
  try {
    await env.FILES.put(key, bytes, { httpMetadata: { contentType: type } });
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
  const query = await signLink(key, encryptionKey, Math.floor(Date.now() / 1000) + LINK_SECONDS);
  return `${origin}${IMAGE_FILES_PATH}/${workspaceId}/${file}?${query}`;
}

/**
 * The picture that a link leads to.
 * @throws GatewayError `not_found` for a link that is forged or expired, `storage_unavailable`.
 */
export async function readImage(
  env: Env,
  config: Config,
  { workspace, name }: { workspace: string; name: string },
  query: { expires: string | undefined; signature: string | undefined },
): Promise<Response> {
  const key = keyOf(workspace, name);
  await checkLink(key, query, config.encryptionKeys, Date.now());
  let object: R2ObjectBody | null;
  try {
    object = await env.FILES.get(key);
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
  if (!object) throw new GatewayError('not_found');
  const seconds = Math.max(0, Number(query.expires) - Math.floor(Date.now() / 1000));
  return new Response(object.body, {
    headers: {
      'content-type': object.httpMetadata?.contentType ?? UNKNOWN.type,
      'content-length': String(object.size),
      etag: object.httpEtag,
      'cache-control': `private, max-age=${seconds}`,
      // It came from a provider: nothing in it is to run under this origin.
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    },
  });
}

/** @throws GatewayError `not_found` for names that no file has. */
function keyOf(workspaceId: string, file: string): string {
  if (!SAFE.test(workspaceId) || !SAFE.test(file)) throw new GatewayError('not_found');
  return `${workspaceId}/images/${file}`;
}

function formatOf(bytes: Uint8Array): { type: string; extension: string } {
  return (
    FORMATS.find(({ starts, at = 0 }) => starts.every((byte, index) => bytes[at + index] === byte)) ?? UNKNOWN
  );
}
