import { describe, expect, it } from 'vitest';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { SHIPPED_PROVIDERS } from '../../../src/providers/catalog.ts';
import type { Quirks } from '../../../src/wires/types.ts';
import { decoded, encoded, recorded, requestOf, targetOf } from './support.ts';

const quirksOf = (id: string): Quirks => SHIPPED_PROVIDERS.get(id)?.quirks ?? {};

interface Answer {
  object: string;
  model: string;
  data: { object: string; index: number; embedding: number[] | string }[];
  usage: JsonObject;
}
const parsed = (text: string): Answer => JSON.parse(text) as Answer;

/** The numbers of 32 bits, little endian, by another way than the code's. */
function numbers(base64: string): number[] {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return [...new Float32Array(bytes.buffer)];
}

describe('recorded embeddings', () => {
  it('of OpenAI go to the client as they came', () => {
    const { request, response } = recorded('openai', 'openai-');
    const asked = requestOf('embedding', { ...request, model: 'openai/text-embedding-3-small' });
    const target = targetOf('text-embedding-3-small', quirksOf('openai'));
    const [sent, ...others] = encoded('openai', asked, target);
    expect(others).toEqual([]);
    expect(sent).toMatchObject({ path: '/embeddings', dropped: [], body: request });
    const answer = decoded('openai', [response], asked, target);
    expect(answer.text).toBe(response);
    expect(answer.usage).toMatchObject({ inputTokens: 4, outputTokens: 0, estimated: false });
  });

  it('of OpenAI are numbers where numbers were asked for', () => {
    const { request, response } = recorded('openai', 'openai-');
    const asked = requestOf('embedding', { ...request, encoding_format: 'float' });
    const answer = parsed(decoded('openai', [response], asked, targetOf('m')).text);
    const values = answer.data[0]?.embedding;
    expect(values).toHaveLength(128);
    expect(values).toEqual(numbers(parsed(response).data[0]?.embedding as string));
    // Vectors of OpenAI have the length 1.
    expect(Math.hypot(...(values as number[]))).toBeCloseTo(1, 3);
  });

  it('of Voyage get its names, and the usage that clients read', () => {
    const { response } = recorded('openai', 'voyage-');
    const target = targetOf('voyage-3.5', quirksOf('voyage'));
    const body = { input: ['Hello, world!'], dimensions: 1024, encoding_format: 'base64', user: 'u' };
    const asked = requestOf('embedding', body);
    expect(encoded('openai', asked, target)[0]).toMatchObject({
      body: {
        model: 'voyage-3.5',
        input: ['Hello, world!'],
        output_dimension: 1024,
        encoding_format: 'base64',
      },
      dropped: ['user'],
    });
    const answer = parsed(decoded('openai', [response], asked, target).text);
    expect(answer.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
    expect(answer.data[0]?.embedding).toBe(parsed(response).data[0]?.embedding);
    const floats = requestOf('embedding', { ...body, encoding_format: 'float' });
    expect(encoded('openai', floats, target)[0]?.body).not.toHaveProperty('encoding_format');
    expect(parsed(decoded('openai', [response], floats, target).text).data[0]?.embedding).toHaveLength(1024);
  });

  it('of Google are asked for in batches and written as OpenAI’s', () => {
    const { request, response } = recorded('google', 'google-');
    const target = targetOf('gemini-embedding-2', quirksOf('google'));
    const asked = requestOf('embedding', { input: ['Some text goes here'], dimensions: 768 });
    expect(encoded('google', asked, target)).toMatchObject([
      { path: '/models/gemini-embedding-2:batchEmbedContents', body: request, dropped: [] },
    ]);
    const answer = decoded('google', [response], asked, target);
    const vector = asObject(asArray(asObject(JSON.parse(response))?.embeddings)[0])?.values;
    expect(parsed(answer.text)).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: vector }],
      model: 'gemini-embedding-2',
      usage: { prompt_tokens: 4, total_tokens: 4 },
    });
    const base64 = requestOf('embedding', { input: 'Some text goes here', encoding_format: 'base64' });
    const written = parsed(decoded('google', [response], base64, target).text).data[0]?.embedding as string;
    expect(numbers(written)).toEqual((vector as number[]).map(Math.fround));
  });

  it('of Cohere are asked for with what its API demands', () => {
    const { request, response } = recorded('cohere', 'cohere-');
    const target = targetOf('embed-v4.0', quirksOf('cohere-embed'));
    const asked = requestOf('embedding', {
      input: ['Hello, world!'],
      input_type: 'search_query',
      truncate: 'END',
      user: 'u',
    });
    const { max_tokens: _none, output_dimension: _too, ...said } = request;
    expect(encoded('cohere', asked, target)).toMatchObject([
      { path: '/embed', body: said, dropped: ['user'] },
    ]);
    const plain = requestOf('embedding', { input: 'Hello, world!', dimensions: 512 });
    expect(encoded('cohere', plain, target)[0]?.body).toEqual({
      model: 'embed-v4.0',
      texts: ['Hello, world!'],
      input_type: 'search_document',
      output_dimension: 512,
      embedding_types: ['float'],
    });
    const answer = decoded('cohere', [response], asked, target);
    expect(answer.upstreamId).toBe('5a1e1bc7-a2ed-4126-bc70-40d29e7d65ab');
    expect(answer.usage).toMatchObject({ inputTokens: 4, outputTokens: 0 });
    const float = asObject(asObject(JSON.parse(response))?.embeddings)?.float;
    expect(parsed(answer.text).data[0]?.embedding).toEqual(asArray(float)[0]);
  });
});
