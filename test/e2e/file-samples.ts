import { toFile } from 'openai';
import type { Caller } from '../support/node/world.ts';

export const PDF = Buffer.from('%PDF-1.4\n%%EOF\n');
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

/** A file of the caller's. */
export const upload = (caller: Caller, bytes: Uint8Array, name: string) =>
  toFile(bytes, name).then((file) => caller.client.files.create({ file, purpose: 'user_data' }));
