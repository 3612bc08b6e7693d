import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { divided, toBase64, toFloats } from '../../../src/wires/embeddings.ts';
import type { WireId } from '../../../src/wires/types.ts';
import { decoded, encoded, requestOf, targetOf } from './support.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
  return 'none';
}

const list = (...values: number[]) => ({
  object: 'list',
  data: values.map((value, index) => ({ object: 'embedding', index, embedding: [value] })),
  model: 'up',
  usage: { prompt_tokens: values.length, total_tokens: values.length },
});

describe('the openai wire', () => {
  it('keeps the bytes of a request but for the model and the extensions', () => {
    const text = '{ "model":"asked",  "input": "a",\n"provider":{"order":["x"]}, "dimensions": 3.0e1 }';
    const request = requestOf('embedding', text, ['provider']);
    expect(encoded('openai', request, targetOf('Up/Model'))[0]?.text).toBe(
      '{"model":"Up/Model","input": "a","dimensions": 3.0e1 }',
    );
  });

  it('goes where the host wants it', () => {
    const quirks = { embedding: { path: '/deployments/{model}/embeddings?v=1' } };
    const [sent] = encoded('openai', requestOf('embedding', { input: 'a' }), targetOf('my model', quirks));
    expect(sent).toMatchObject({ path: '/deployments/my%20model/embeddings?v=1', body: { input: 'a' } });
    expect(sent?.body).not.toHaveProperty('model');
  });

  it('divides inputs, and joins what comes back in their order', () => {
    const target = targetOf('up', { embedding: { batch: 2 } });
    const request = requestOf('embedding', { input: ['a', 'b', 'c', 'd', 'e'] });
    expect(encoded('openai', request, target).map(({ body }) => body.input)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e'],
    ]);
    const swapped = { ...list(3, 4), data: [...list(0, 4).data.slice(1), list(3).data[0]] };
    const answer = decoded('openai', [list(1, 2), swapped, list(5)], request, target);
    expect(JSON.parse(answer.text)).toEqual({
      ...list(1, 2, 3, 4, 5),
      usage: { prompt_tokens: 5, total_tokens: 5 },
    });
    expect(answer.usage).toMatchObject({ inputTokens: 5, raw: [{}, {}, {}].map(() => expect.anything()) });
  });

  it('does not know the usage of the whole where a part has none', () => {
    const target = targetOf('up', { embedding: { batch: 1 } });
    const request = requestOf('embedding', { input: ['a', 'b'] });
    const { usage: _none, ...silent } = list(2);
    const answer = decoded('openai', [list(1), silent], request, target);
    expect(answer.usage).toBeNull();
    expect(JSON.parse(answer.text)).not.toHaveProperty('usage');
  });

  it.each([
    ['no JSON', 'oops', 'upstream_invalid_response'],
    ['no data', { object: 'list' }, 'upstream_invalid_response'],
    ['fewer vectors than inputs', list(1), 'upstream_invalid_response'],
    ['more vectors than inputs', list(1, 2, 3), 'upstream_invalid_response'],
    [
      'one index twice',
      { ...list(1, 2), data: [list(1).data[0], list(1).data[0]] },
      'upstream_invalid_response',
    ],
    [
      'a vector that is none',
      { ...list(1, 2), data: [{ index: 0, embedding: [] }, { index: 1 }] },
      'upstream_invalid_response',
    ],
    ['an error inside a 200', { error: { message: 'Busy', code: 503 } }, 'upstream_overloaded'],
  ])('refuses an answer with %s', (_, body, code) => {
    const request = requestOf('embedding', { input: ['a', 'b'] });
    expect(codeOf(() => decoded('openai', [body], request, targetOf('up')))).toBe(code);
  });
});

describe('wires that take text alone', () => {
  it.each<WireId>(['google', 'cohere'])('say so on the %s wire', (wire) => {
    for (const input of [
      [1, 2],
      [[1], [2]],
    ]) {
      const request = requestOf('embedding', { input });
      expect(codeOf(() => encoded(wire, request, targetOf('up')))).toBe('unsupported_parameter');
    }
  });

  it('say what they leave out, and take their own words', () => {
    const request = requestOf('embedding', { input: 'a', user: 'u', task_type: 'RETRIEVAL_QUERY' });
    expect(encoded('google', request, targetOf('up'))[0]).toMatchObject({
      dropped: ['user'],
      body: { requests: [{ taskType: 'RETRIEVAL_QUERY' }] },
    });
  });

  it('refuse answers of another size', () => {
    const request = requestOf('embedding', { input: ['a', 'b'] });
    const google = { embeddings: [{ values: [1] }] };
    const cohere = { embeddings: { float: [[1]] } };
    expect(codeOf(() => decoded('google', [google], request, targetOf('up')))).toBe(
      'upstream_invalid_response',
    );
    expect(codeOf(() => decoded('cohere', [cohere], request, targetOf('up')))).toBe(
      'upstream_invalid_response',
    );
  });
});

describe('inputs', () => {
  it('are divided by their number and by their tokens', () => {
    const texts = ['a'.repeat(30), 'b'.repeat(30), 'c'.repeat(90), 'd'];
    expect(divided(texts, { batchTokens: 20 }).map((part) => part.length)).toEqual([2, 1, 1]);
    expect(divided([[1, 2], [3], [4, 5, 6]], { batchTokens: 3 })).toEqual([[[1, 2], [3]], [[4, 5, 6]]]);
    expect(divided(texts)).toEqual([texts]);
    expect(divided(texts, { batch: 4 })).toHaveLength(1);
  });

  it('of every size are divided without loss, within the limits', () => {
    for (let size = 1; size <= 40; size++) {
      const inputs = Array.from({ length: size }, (_, index) => 'x'.repeat(1 + ((index * 7) % 13)));
      for (const batch of [1, 3, 7, 40]) {
        const parts = divided(inputs, { batch, batchTokens: 9 });
        expect(parts.flat()).toEqual(inputs);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(batch);
      }
    }
  });
});

describe('vectors in base64', () => {
  it('are 32-bit floats, little endian', () => {
    // 1 is 0x3f800000, -2.5 is 0xc0200000.
    expect(toBase64([1, -2.5])).toBe(btoa('\x00\x00\x80\x3f\x00\x00\x20\xc0'));
    expect(toFloats(toBase64([0.1, 1e-7]))).toEqual([Math.fround(0.1), Math.fround(1e-7)]);
  });
});
