import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { SHIPPED_PROVIDERS } from '../../../src/providers/catalog.ts';
import { decoded, encoded, requestOf, targetOf } from './support.ts';

const target = (provider: string, model: string) =>
  targetOf(model, SHIPPED_PROVIDERS.get(provider)?.quirks ?? {});

/** What a provider of the openai wire is sent for a request that asks for everything. */
function sentTo(provider: string, model: string, more: JsonObject = {}) {
  const request = requestOf('image', {
    prompt: 'a cat',
    n: 2,
    size: '1024x768',
    response_format: 'url',
    ...more,
  });
  const [sent] = encoded('openai', request, target(provider, model));
  return { path: sent?.path, dropped: sent?.dropped, body: sent?.body };
}

const PROMPT = { prompt: 'a cat', n: 2 };

describe('the openai wire', () => {
  it.each<[string, string, JsonObject, string[]]>([
    ['openai', 'dall-e-3', { ...PROMPT, size: '1024x768', response_format: 'b64_json' }, []],
    // "response_format … isn't supported for gpt-image-1, which always returns base64-encoded images."
    ['openai', 'gpt-image-1.5', { ...PROMPT, size: '1024x768' }, []],
    ['openai', 'chatgpt-image-latest', { ...PROMPT, size: '1024x768' }, []],
    ['deepinfra', 'bfl/FLUX-1-dev', { ...PROMPT, size: '1024x768', response_format: 'b64_json' }, []],
    ['xai', 'grok-imagine-image', { ...PROMPT, response_format: 'b64_json' }, ['size']],
    ['together', 'bfl/FLUX.1', { ...PROMPT, width: 1024, height: 768, response_format: 'base64' }, []],
  ])('asks %s for the pictures of %s themselves', (provider, model, body, dropped) => {
    const sent = sentTo(provider, model);
    expect(sent).toEqual({ path: '/images/generations', dropped, body: { model, ...body } });
  });

  it('passes everything else as it came', () => {
    const more = { quality: 'high', background: 'transparent', seed: 7, response_format: null };
    expect(sentTo('openai', 'gpt-image-2', more).body).toMatchObject({
      quality: 'high',
      background: 'transparent',
      seed: 7,
    });
  });

  it('says which size cannot be told in numbers', () => {
    expect(sentTo('together', 'm', { size: 'large' })).toMatchObject({ dropped: ['size'] });
    expect(sentTo('together', 'm', { size: 'auto' })).toMatchObject({ dropped: [] });
  });

  const request = requestOf('image', { prompt: 'a cat' });

  it('reads what pictures are billed by: tokens', () => {
    // https://platform.openai.com/docs/api-reference/images/create, the example of gpt-image-1.
    const usage = {
      total_tokens: 100,
      input_tokens: 50,
      output_tokens: 50,
      input_tokens_details: { text_tokens: 10, image_tokens: 40 },
    };
    const body = { created: 1713833628, data: [{ b64_json: 'AAAA' }], usage };
    const answer = decoded('openai', [body], request, targetOf('gpt-image-1'));
    expect(answer.images).toEqual([{ base64: 'AAAA', url: null, more: {} }]);
    expect(JSON.parse(answer.text)).toEqual({ created: 1713833628, usage });
    expect(answer.usage).toMatchObject({
      inputTokens: 50,
      inputImageTokens: 40,
      outputTokens: 50,
      outputImageTokens: 50,
      images: 1,
    });
    expect(answer.usage).not.toHaveProperty('uncounted');
  });

  it('reads addresses, data URLs, and pictures that nobody counted in tokens', () => {
    const data = [
      { url: 'https://img.example/1.png', revised_prompt: 'a fine cat' },
      { b64_json: 'data:image/jpeg;base64,BBBB' },
    ];
    const answer = decoded('openai', [{ data }], request, targetOf('m'));
    expect(answer.images).toEqual([
      { base64: null, url: 'https://img.example/1.png', more: { revised_prompt: 'a fine cat' } },
      { base64: 'BBBB', url: null, more: {} },
    ]);
    expect(JSON.parse(answer.text)).toEqual({ created: 1_700_000_000 });
    expect(answer.usage).toMatchObject({ images: 2, uncounted: true, inputTokens: 0, outputTokens: 0 });
  });

  it.each([
    ['no JSON', '<html>'],
    ['no pictures', { created: 1, data: [] }],
    ['a picture that is none', { created: 1, data: [{ b64_json: 'AAAA' }, {}] }],
  ])('refuses an answer with %s', (_, body) => {
    expect(() => decoded('openai', [body], request, targetOf('m'))).toThrow(
      expect.objectContaining({ code: 'upstream_invalid_response' }),
    );
  });
});

describe('the google wire', () => {
  const body = { prompt: 'a cat', n: 2, size: '1024x1024', quality: 'high' };

  it('asks Imagen to predict', () => {
    const request = requestOf('image', body);
    const imagen = targetOf('imagen-4.0-generate-001');
    expect(encoded('google', request, imagen)).toMatchObject([
      {
        path: '/models/imagen-4.0-generate-001:predict',
        body: { instances: [{ prompt: 'a cat' }], parameters: { sampleCount: 2, aspectRatio: '1:1' } },
        dropped: ['quality'],
      },
    ]);
    const prediction = { mimeType: 'image/png', bytesBase64Encoded: 'AAAA' };
    const answer = decoded('google', [{ predictions: [prediction, prediction] }], request, imagen);
    expect(answer.images).toHaveLength(2);
    expect(answer.usage).toMatchObject({ images: 2, uncounted: true });
  });

  it('asks a model that draws once for each picture', () => {
    const request = requestOf('image', { ...body, size: '1536x864' });
    const gemini = targetOf('gemini-2.5-flash-image');
    const sent = encoded('google', request, gemini);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toMatchObject({
      path: '/models/gemini-2.5-flash-image:generateContent',
      body: {
        contents: [{ role: 'user', parts: [{ text: 'a cat' }] }],
        generationConfig: { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '16:9' } },
      },
    });
    const drawn = (data: string) => ({
      candidates: [
        {
          content: {
            parts: [
              { inlineData: { mimeType: 'image/png', data: 'draft' }, thought: true },
              { text: 'Here it is.' },
              { inlineData: { mimeType: 'image/png', data } },
            ],
          },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: {
        promptTokenCount: 5,
        candidatesTokenCount: 1290,
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
      },
    });
    const answer = decoded('google', [drawn('AAAA'), drawn('BBBB')], request, gemini);
    expect(answer.images?.map(({ base64 }) => base64)).toEqual(['AAAA', 'BBBB']);
    expect(answer.usage).toMatchObject({
      inputTokens: 10,
      outputTokens: 2580,
      outputImageTokens: 2580,
      images: 2,
    });
  });

  it('says which size has no shape that it knows', () => {
    const request = requestOf('image', { prompt: 'a', size: '1000x300' });
    const [sent] = encoded('google', request, targetOf('gemini-2.5-flash-image'));
    expect(sent).toMatchObject({
      dropped: ['size'],
      body: { generationConfig: { responseModalities: ['IMAGE'] } },
    });
  });

  it.each([
    ['a prompt that was blocked', { promptFeedback: { blockReason: 'SAFETY' } }, 'content_filter'],
    ['a picture that was held back', { candidates: [{ finishReason: 'IMAGE_SAFETY' }] }, 'content_filter'],
    [
      'words alone',
      { candidates: [{ content: { parts: [{ text: 'No.' }] }, finishReason: 'STOP' }] },
      'upstream_invalid_response',
    ],
    ['nothing', {}, 'upstream_invalid_response'],
  ])('answers %s with an error', (_, answer, code) => {
    const request = requestOf('image', { prompt: 'a' });
    let thrown: unknown;
    try {
      decoded('google', [answer], request, targetOf('gemini-2.5-flash-image'));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GatewayError);
    expect(thrown).toMatchObject({ code });
  });
});
