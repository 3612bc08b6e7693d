import type { Env } from '../env.ts';
import { stored } from '../tenancy/storage.ts';
import { noSuchFile } from './find.ts';
import { objectKey } from './object-key.ts';
import type { StoredFile } from './types.ts';

/** A part of a file: `offset` counts from its first byte, and both lie within it. */
export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * The bytes of a file, as they are read.
 * @param file as `findFile` answers it.
 * @param range absent: the whole file.
 * @throws GatewayError `not_found` where it was deleted meanwhile, `storage_unavailable`.
 */
export async function readFile(
  env: Env,
  file: StoredFile,
  range?: ByteRange,
): Promise<ReadableStream<Uint8Array>> {
  const object = await stored(
    env.FILES.get(objectKey(file.workspaceId, file.id), range === undefined ? {} : { range }),
  );
  if (!object) throw noSuchFile(file.id, 'id');
  return object.body;
}
