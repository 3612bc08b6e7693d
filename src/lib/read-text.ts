/** Thrown when a body is larger than it may be. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/**
 * The body of a message as text, and no more of it than that is held in memory.
 * @param most bytes; one more ends the reading.
 * @throws TooLargeError unless `cut`, with which what came until then is answered.
 */
export async function readText(
  message: Response,
  most: number,
  { cut = false }: { cut?: boolean } = {},
): Promise<string> {
  if (!message.body) return '';
  // Natively where the length is known beforehand; that of a compressed body says nothing of its text.
  const length = message.headers.get('content-length');
  const plain = length !== null && !message.headers.has('content-encoding');
  if (plain && Number(length) <= most) return message.text();
  const reader: ReadableStreamDefaultReader<Uint8Array> = message.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let left = most;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    if (value.byteLength > left) {
      reader.cancel().catch(() => {});
      if (!cut) throw new TooLargeError(`The body is larger than ${most} bytes`);
      return text + decoder.decode(value.subarray(0, left));
    }
    left -= value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
}
