import type { Provider } from './types.ts';

/** Shipped providers that serve embeddings and rerankers alone. */
export const EMBEDDERS: readonly Provider[] = [
  {
    id: 'cohere-embed',
    name: 'Cohere, version 2',
    baseUrl: 'https://api.cohere.com/v2',
    wire: 'cohere',
    auth: { kind: 'bearer' },
    env: ['COHERE_API_KEY', 'CO_API_KEY'],
    // "Maximum number of texts per call is 96": https://docs.cohere.com/reference/embed.
    quirks: { embedding: { batch: 96 } },
    docs: 'https://docs.cohere.com/reference/embed',
  },
  {
    id: 'voyage',
    name: 'Voyage AI',
    baseUrl: 'https://api.voyageai.com/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['VOYAGE_API_KEY'],
    quirks: {
      // https://docs.voyageai.com/reference/embeddings-api: at most 1,000 inputs, which have 120K tokens together with
      // the models of the smallest limit; `encoding_format` is base64 or absent; and there is no `user`.
      embedding: {
        rename: { dimensions: 'output_dimension' },
        drop: ['user'],
        formats: ['base64'],
        batch: 1000,
        batchTokens: 120_000,
      },
      // https://docs.voyageai.com/reference/reranker-api: `top_k`, and no limit of a document's tokens.
      rerank: { rename: { top_n: 'top_k' }, drop: ['max_tokens_per_doc'] },
    },
    docs: 'https://docs.voyageai.com/reference/embeddings-api',
  },
  {
    id: 'jina',
    name: 'Jina AI',
    baseUrl: 'https://api.jina.ai/v1',
    wire: 'openai',
    auth: { kind: 'bearer' },
    env: ['JINA_API_KEY'],
    quirks: {
      // https://api.jina.ai/redoc: `embedding_type`, no `user`; rerankers have no limit of a document's tokens.
      embedding: { rename: { encoding_format: 'embedding_type' }, drop: ['user'] },
      rerank: { drop: ['max_tokens_per_doc'] },
    },
    docs: 'https://jina.ai/reranker/',
  },
];
