import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { MAX_BODY_BYTES, readJsonBody } from '../../../src/http/middleware/body.ts';

const post = (body: BodyInit, headers: Record<string, string>) =>
  new Request('http://x/', { method: 'POST', body, headers });
const code = (request: Request) =>
  readJsonBody(request).then(
    () => 'accepted',
    (error: unknown) => (error instanceof GatewayError ? error.code : 'another error'),
  );

/** A body without a length header. */
function streamOf(size: number): ReadableStream<Uint8Array> {
  const piece = new Uint8Array(1024 * 1024);
  let left = size;
  return new ReadableStream({
    pull(controller) {
      const next = Math.min(left, piece.byteLength);
      left -= next;
      controller.enqueue(piece.subarray(0, next));
      if (left === 0) controller.close();
    },
  });
}

describe('readJsonBody', () => {
  for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/vnd.api+json']) {
    it(`takes ${type}`, async () =>
      expect(await code(post('{}', { 'content-type': type }))).toBe('accepted'));
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'json',
  ]) {
    it(`refuses ${type}`, async () =>
      expect(await code(post('{}', { 'content-type': type }))).toBe('unsupported_content_type'));
  }

  it('refuses by the length header alone', async () => {
    const request = post('{}', {
      'content-type': 'application/json',
      'content-length': String(MAX_BODY_BYTES + 1),
    });
    expect(await code(request)).toBe('request_too_large');
  });

  it('refuses a body that says no length and goes on too long', async () => {
    expect(await code(post(streamOf(MAX_BODY_BYTES + 1), { 'content-type': 'application/json' }))).toBe(
      'request_too_large',
    );
  });

  it('gives every byte of a body without a length', async () => {
    const size = 3 * 1024 * 1024 + 17;
    const bytes = await readJsonBody(post(streamOf(size), { 'content-type': 'application/json' }));
    expect(bytes.byteLength).toBe(size);
  });
});
