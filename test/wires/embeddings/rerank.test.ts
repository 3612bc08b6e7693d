import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { SHIPPED_PROVIDERS } from '../../../src/providers/catalog.ts';
import type { WireId } from '../../../src/wires/types.ts';
import { decoded, encoded, recorded, requestOf, targetOf } from './support.ts';

const quirksOf = (id: string) => SHIPPED_PROVIDERS.get(id)?.quirks ?? {};

const QUERY = 'What is the capital of the United States?';
const DOCUMENTS = [
  'Carson City is the capital city of the American state of Nevada.',
  'Saipan is the capital of the Northern Mariana Islands.',
  { text: 'Washington, D.C. is the capital of the United States.', source: 'atlas' },
];
const ASKED = { query: QUERY, documents: DOCUMENTS, top_n: 2, max_tokens_per_doc: 1000 };

interface Answer {
  id: string;
  model: string;
  results: { index: number; relevance_score: number; document?: JsonObject }[];
  usage?: JsonObject;
}
const parsed = (text: string): Answer => JSON.parse(text) as Answer;

interface Host {
  wire: WireId;
  provider: string;
  fixture: string;
  model: string;
  dropped: string[];
  ranking: [index: number, score: number][];
  usage: JsonObject;
  counted: object;
}

// None of these is a recording: they are written after the pages that their meta.json names.
const HOSTS: Host[] = [
  {
    wire: 'cohere',
    provider: 'cohere-embed',
    fixture: 'hand-j-cohere',
    model: 'rerank-v3.5',
    dropped: [],
    ranking: [
      [2, 0.999071],
      [0, 0.32713068],
    ],
    usage: { search_units: 1 },
    counted: { uncounted: true, searches: 1, inputTokens: 0 },
  },
  {
    wire: 'openai',
    provider: 'voyage',
    fixture: 'hand-j-voyage',
    model: 'rerank-2.5',
    dropped: ['max_tokens_per_doc'],
    ranking: [
      [2, 0.9375],
      [0, 0.421875],
    ],
    usage: { prompt_tokens: 58, total_tokens: 58 },
    counted: { inputTokens: 58, outputTokens: 0 },
  },
  {
    wire: 'openai',
    provider: 'jina',
    fixture: 'hand-j-jina',
    model: 'jina-reranker-v2-base-multilingual',
    dropped: ['max_tokens_per_doc'],
    ranking: [
      [2, 0.8783142566680908],
      [0, -0.0412],
    ],
    usage: { prompt_tokens: 58, total_tokens: 58 },
    counted: { inputTokens: 58 },
  },
  {
    wire: 'openai',
    provider: 'together',
    fixture: 'hand-j-together',
    model: 'Salesforce/Llama-Rank-V1',
    dropped: [],
    // In another order than it came.
    ranking: [
      [2, 0.98],
      [0, 0.29],
    ],
    usage: { prompt_tokens: 1837, total_tokens: 1837 },
    counted: { inputTokens: 1837 },
  },
  {
    wire: 'openai',
    provider: 'openrouter',
    fixture: 'hand-j-openrouter',
    model: 'cohere/rerank-v3.5',
    dropped: [],
    ranking: [
      [2, 0.98],
      [1, 0.3],
    ],
    usage: { prompt_tokens: 150, total_tokens: 150, search_units: 1 },
    counted: { inputTokens: 150, searches: 1, upstreamCostUsd: 0.002 },
  },
];

describe.each(HOSTS)('$provider', ({ wire, provider, fixture, model, dropped, ranking, usage, counted }) => {
  const { request, response } = recorded(wire, fixture);
  const target = targetOf(model, quirksOf(provider));

  it('is asked in its own words, for texts', () => {
    const asked = requestOf('rerank', { ...ASKED, return_documents: true });
    expect(encoded(wire, asked, target)).toMatchObject([{ path: '/rerank', dropped, body: request }]);
    expect(Object.keys(encoded(wire, asked, target)[0]?.body ?? {}).sort()).toEqual(
      Object.keys(request).sort(),
    );
  });

  it('is answered in one shape, with what it counted', () => {
    const answer = decoded(wire, [response], requestOf('rerank', ASKED), target);
    const { id, model: named, results, usage: shown } = parsed(answer.text);
    expect(id).toBe('gen_test');
    expect(named).toBe(model);
    expect(results).toEqual(ranking.map(([index, relevance_score]) => ({ index, relevance_score })));
    expect(shown).toEqual(usage);
    expect(answer.usage).toMatchObject(counted);
  });

  it('has the caller’s own documents where they are asked for', () => {
    const asked = requestOf('rerank', { ...ASKED, return_documents: true });
    const [best] = parsed(decoded(wire, [response], asked, target).text).results;
    expect(best?.document).toEqual(DOCUMENTS[2]);
  });
});

describe('reranking by the openai wire', () => {
  it('leaves bytes that need no change as they are', () => {
    const body = `{"model":"m", "query" : "q","documents":["a","b"],"truncation":true}`;
    const [sent] = encoded('openai', requestOf('rerank', body), targetOf('m'));
    expect(sent?.text).toBe(body);
  });

  it('says what it cannot say to Cohere', () => {
    const [sent] = encoded(
      'cohere',
      requestOf('rerank', { ...ASKED, rank_fields: ['text'], priority: 3 }),
      targetOf('m'),
    );
    expect(sent?.dropped).toEqual(['rank_fields']);
    expect(sent?.body).toMatchObject({ priority: 3 });
  });

  it('reads usage as those write it that took over Cohere’s', () => {
    // https://docs.siliconflow.com/en/api-reference/rerank/create-rerank
    const meta = { billed_units: { input_tokens: 896, search_units: 0 }, tokens: { input_tokens: 896 } };
    const answer = decoded(
      'openai',
      [{ results: [{ index: 0, relevance_score: 1 }], meta }],
      requestOf('rerank', { query: 'q', documents: ['a'] }),
      targetOf('m'),
    );
    expect(answer.usage).toMatchObject({ inputTokens: 896 });
    expect(answer.usage).not.toHaveProperty('searches');
  });

  it('says nothing of what nobody counted', () => {
    const answer = decoded(
      'openai',
      [{ results: [{ index: 0, score: 1 }] }],
      requestOf('rerank', { query: 'q', documents: ['a'] }),
      targetOf('m'),
    );
    expect(parsed(answer.text)).not.toHaveProperty('usage');
    expect(answer.usage).toMatchObject({ uncounted: true });
  });

  const asked = requestOf('rerank', { query: 'q', documents: ['a', 'b', 'c'], top_n: 2 });
  it.each([
    ['no JSON', '<html>'],
    ['no results', { results: [] }],
    ['fewer than asked for', { results: [{ index: 0, relevance_score: 1 }] }],
    [
      'a document that is none',
      {
        results: [
          { index: 3, relevance_score: 1 },
          { index: 0, relevance_score: 0 },
        ],
      },
    ],
    [
      'one document twice',
      {
        results: [
          { index: 1, relevance_score: 1 },
          { index: 1, relevance_score: 0 },
        ],
      },
    ],
    ['no score', { results: [{ index: 1 }, { index: 0 }] }],
    [
      'an index that is no number',
      {
        results: [
          { index: '1', relevance_score: 1 },
          { index: 0, relevance_score: 0 },
        ],
      },
    ],
  ])('refuses an answer with %s', (_, body) => {
    for (const wire of ['openai', 'cohere'] as const) {
      expect(() => decoded(wire, [body], asked, targetOf('m'))).toThrow(
        expect.objectContaining({ code: 'upstream_invalid_response' }),
      );
    }
  });

  it('is told of an error inside', () => {
    const body = { error: { message: 'Busy', type: 'server_error' } };
    expect(() => decoded('openai', [body], asked, targetOf('m'))).toThrow(
      expect.objectContaining({ code: 'upstream_error' }),
    );
  });
});

describe('a ranking, whatever a host sends of it', () => {
  const scores = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 50 });
  const topN = fc.option(fc.integer({ min: 1, max: 60 }));

  it('has the best documents, best first, each once, and no more than asked for', () => {
    fc.assert(
      fc.property(scores, topN, fc.boolean(), fc.infiniteStream(fc.nat()), (given, top, knows, noise) => {
        const documents = given.map((_, index) => `document ${index}`);
        const wanted = Math.min(top ?? given.length, given.length);
        const best = given.map((score, index) => ({ index, score })).sort((a, b) => b.score - a.score);
        // A host that knows `top_n` sends as many; each in an order of its own.
        const results = (knows ? best.slice(0, wanted) : best)
          .map((one) => ({ one, place: noise.next().value as number }))
          .sort((a, b) => a.place - b.place)
          .map(({ one }) => ({ index: one.index, relevance_score: one.score }));
        const request = requestOf('rerank', {
          query: 'q',
          documents,
          return_documents: true,
          ...(top === null ? {} : { top_n: top }),
        });
        const answer = parsed(decoded('openai', [{ results }], request, targetOf('m')).text).results;
        expect(answer).toHaveLength(wanted);
        expect(new Set(answer.map(({ index }) => index)).size).toBe(wanted);
        expect(answer.map(({ relevance_score }) => relevance_score + 0)).toEqual(
          best.slice(0, wanted).map(({ score }) => score + 0),
        );
        for (const { index, relevance_score, document } of answer) {
          expect(relevance_score + 0).toBe((given[index] ?? Number.NaN) + 0);
          expect(document).toEqual({ text: documents[index] });
        }
      }),
    );
  });
});
