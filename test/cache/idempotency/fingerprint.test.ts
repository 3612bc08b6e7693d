import { describe, expect, it } from 'vitest';
import { ANSWER_HEADERS, fingerprintOf } from '../../../src/cache/idempotency/fingerprint.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function of({
  method = 'POST',
  url = 'https://gateway.test/v1/chat/completions',
  body = '{"model":"m"}',
  ...headers
}: Record<string, string> = {}): string {
  return fingerprintOf({
    method,
    url,
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body: bytes(body),
  });
}

/** A form as a client sends it. */
const form = (boundary: string, file = 'data') => ({
  'content-type': `multipart/form-data; boundary=${boundary}`,
  body: `--${boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n${file}\r\n--${boundary}--\r\n`,
});

describe('the fingerprint of a request', () => {
  it('is a SHA-256', () => {
    expect(of()).toMatch(/^[0-9a-f]{64}$/);
    expect(of()).toBe(of());
  });

  it.each([
    [{ body: '{"model": "m"}' }],
    [{ body: '' }],
    [{ url: 'https://gateway.test/v1/messages' }],
    [{ url: 'https://gateway.test/v1/chat/completions?a=1' }],
    [{ method: 'PUT' }],
    [{ 'content-type': 'text/plain' }],
    ...ANSWER_HEADERS.map((name) => [{ [name]: 'x' }]),
  ])('changes with %j', (change) => {
    expect(of(change)).not.toBe(of());
  });

  it.each([
    [{ url: 'https://other.test/v1/chat/completions' }],
    [{ 'content-type': 'Application/JSON; charset=utf-8' }],
    [{ authorization: 'Bearer other' }],
    [{ 'user-agent': 'other' }],
    [{ 'x-stainless-retry-count': '1' }],
    [{ traceparent: '00-1' }],
  ])('is the same with %j', (change) => {
    expect(of(change)).toBe(of());
  });

  it('tells apart which header has a value', () => {
    expect(of({ 'x-policy': 'a' })).not.toBe(of({ 'x-workflow': 'a' }));
  });

  it('does not count the boundary of a form, and counts what it holds', () => {
    expect(of(form('----abc'))).toBe(of(form('----xyz-1234')));
    expect(of(form('----abc'))).not.toBe(of(form('----abc', 'other')));
    expect(of(form('----abc'))).not.toBe(of(form('----abc', 'da\r\nta')));
    const quoted = { ...form('abc'), 'content-type': 'multipart/form-data; boundary="abc"' };
    expect(of(quoted)).toBe(of(form('abc')));
  });
});

describe('the headers that change an answer', () => {
  // Files refuse idempotency keys.
  const sources = import.meta.glob<string>(
    ['../../../src/gateway/**/*.ts', '../../../src/http/v1/**/*.ts', '!../../../src/http/v1/files.ts'],
    { query: '?raw', eager: true, import: 'default' },
  );

  it('are all that the gateway reads of a request', () => {
    const read = Object.values(sources).flatMap((text) =>
      [...text.matchAll(/(?:readHeader|textHeader|req\.header)\('([\w-]+)'/g)].map(([, name]) => name ?? ''),
    );
    expect(read).toContain('x-policy');
    const known: string[] = [...ANSWER_HEADERS, 'content-type', 'traceparent', 'cf-connecting-ip'];
    expect(read.filter((name) => !known.includes(name))).toEqual([]);
  });
});
