import { TooLargeError } from './read-text.ts';

/** The body of a message, and no more of it than that is held in memory. @throws TooLargeError */
export async function readBytes(message: Response, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = message.body?.getReader();
  while (reader) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > most) {
      reader.cancel().catch(() => {});
      throw new TooLargeError(`The body is larger than ${most} bytes`);
    }
    pieces.push(value);
  }
  return Buffer.concat(pieces, size);
}
