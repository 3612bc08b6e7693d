import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { SHIPPED_PROVIDERS } from '../../../src/providers/catalog.ts';
import { decoded, encoded, recorded, requestOf, targetOf } from './support.ts';

const quirksOf = (id: string) => SHIPPED_PROVIDERS.get(id)?.quirks ?? {};
const PARTS = [
  { type: 'text', text: 'Look' },
  { type: 'image_url', image_url: { url: 'https://img.example/a.png' } },
];

interface Answer {
  id: string;
  model: string;
  results: { flagged: boolean; categories: JsonObject; category_scores: JsonObject }[];
}
const parsed = (text: string): Answer => JSON.parse(text) as Answer;

// Written after the pages that their meta.json names: neither is a recording.
describe.each([
  ['openai', 'hand-j-openai', ['harassment/threatening', 'violence']],
  ['mistral', 'hand-j-mistral', ['jailbreaking']],
])('%s', (provider, fixture, flagged) => {
  const { request, response } = recorded('openai', fixture);
  const target = targetOf(String(request.model), quirksOf(provider));
  const asked = requestOf('moderation', { input: request.input ?? null });

  it('is sent the caller’s own words', () => {
    expect(encoded('openai', asked, target)).toMatchObject([
      { path: '/moderations', dropped: [], body: request },
    ]);
  });

  it('is passed on in its own categories, and flagged where one of them holds', () => {
    const answer = decoded('openai', [response], asked, target);
    const { id, model, results } = parsed(answer.text);
    expect([id, model]).toEqual(['gen_test', request.model]);
    expect(results.map((result) => result.flagged)).toEqual([true, false]);
    const holding = Object.entries(results[0]?.categories ?? {}).filter(([, holds]) => holds === true);
    expect(holding.map(([name]) => name)).toEqual(flagged);
    const given = parsed(response).results;
    expect(results.map(({ categories }) => categories)).toEqual(given.map(({ categories }) => categories));
    expect(results.map((one) => one.category_scores)).toEqual(given.map((one) => one.category_scores));
    expect(answer.upstreamId).toBe(parsed(response).id);
    expect(answer.usage).toBeNull();
  });
});

describe('moderations', () => {
  const result = { flagged: false, categories: {}, category_scores: {} };

  it('of a request without a model name the endpoint’s', () => {
    const [sent] = encoded('openai', requestOf('moderation', '{"input":"a"}'), targetOf('omni'));
    expect(sent?.body).toEqual({ model: 'omni', input: 'a' });
  });

  it('of parts are one result, and not asked of a host that takes texts alone', () => {
    const asked = requestOf('moderation', { input: PARTS });
    expect(
      parsed(decoded('openai', [{ results: [result] }], asked, targetOf('m')).text).results,
    ).toHaveLength(1);
    expect(() => encoded('openai', asked, targetOf('m', quirksOf('mistral')))).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'input' }),
    );
  });

  it('count what a host counts', () => {
    const usage = { prompt_tokens: 7, total_tokens: 7 };
    const answer = decoded(
      'openai',
      [{ results: [result], usage }],
      requestOf('moderation', { input: 'a' }),
      targetOf('m'),
    );
    expect(answer.usage).toMatchObject({ inputTokens: 7, outputTokens: 0 });
  });

  it.each([
    ['no JSON', 'a', '<html>'],
    ['no results', 'a', { results: [] }],
    ['one result for two texts', ['a', 'b'], { results: [result] }],
    ['two results for one text', 'a', { results: [result, result] }],
    ['no categories', 'a', { results: [{ flagged: false }] }],
    ['no scores', 'a', { results: [{ flagged: false, categories: {} }] }],
  ])('are no answer with %s', (_, input, body) => {
    expect(() => decoded('openai', [body], requestOf('moderation', { input }), targetOf('m'))).toThrow(
      expect.objectContaining({ code: 'upstream_invalid_response' }),
    );
  });
});
